import { encodeClientHello, encodeExtension } from '@ja4/fingerprints';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { handshakeRecords } from '../synthetic/index.ts';
import { findHello, helloVerdict, startsWithSslv2Hello } from './hello-search.ts';
import { joined, text } from './stream-trace.test-support.ts';

const message = encodeClientHello({
  sessionId: new Uint8Array(32),
  cipherSuites: [0x1301, 0x1302],
  extensions: [encodeExtension.serverName('shop.example')],
});
const hello = handshakeRecords(message);
/** Up to the length of the cipher list. */
const decided = 5 + 4 + 2 + 32 + 1 + 32 + 2;

describe('the first bytes of a hello', () => {
  it('are recognised once the length of the cipher list is there, and may be one before', () => {
    for (let end = 0; end <= hello.length; end++) {
      expect(helloVerdict(hello, 0, end)).toBe(end < decided ? 'maybe' : 'yes');
    }
  });

  it('are recognised in any records', () => {
    const points = fc.uniqueArray(fc.integer({ min: 1, max: message.length - 1 }));
    fc.assert(
      fc.property(points, (cuts) => {
        const bytes = handshakeRecords(
          message,
          cuts.sort((a, b) => a - b),
        );
        expect(helloVerdict(bytes, 0, bytes.length)).toBe('yes');
      }),
    );
  });

  it.each([
    ['another record type', 0, 23],
    ['another major version', 1, 2],
    ['a minor version that never was', 2, 5],
    ['a record longer than its message', 4, 0xff],
    ['an empty record', 4, 0],
    ['another message', 5, 2],
    ['a message of 64 KiB or more', 6, 1],
    ['a message too short for a hello', 8, 20],
    ['another legacy version', 9, 2],
    ['a session id of 33 bytes', 43, 33],
    ['an odd list of ciphers', 77, 3],
    ['no ciphers', 77, 0],
    ['ciphers past the end of the message', 76, 1],
  ])('are none with %s', (_, at, value) => {
    const bytes = hello.slice();
    bytes[at] = value;
    if (at === 4 && value === 0) bytes[3] = 0;
    expect(helloVerdict(bytes, 0, bytes.length)).toBe('no');
  });

  it('do not occur in random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4000 }), (bytes) => {
        const at = findHello(bytes, 0, bytes.length);
        if (at < bytes.length) expect(helloVerdict(bytes, at, bytes.length)).toBe('maybe');
      }),
    );
  });
});

describe('the search for a hello', () => {
  it('finds it behind anything, and only within the bounds it is given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.nat(20), (before, offset) => {
        const bytes = joined(before, text('\r\n'), hello);
        const start = Math.min(offset, before.length);
        const at = findHello(bytes, start, bytes.length);
        expect(at).toBeLessThanOrEqual(before.length + 2);
        expect(findHello(bytes, start, before.length + 1)).toBeLessThanOrEqual(before.length + 1);
      }),
    );
  });

  it('says where one may start whose rest is missing', () => {
    const bytes = joined(text('QUIT\r\n'), hello.subarray(0, 1));
    expect(findHello(bytes, 0, bytes.length)).toBe(6);
    expect(findHello(bytes, 0, 6)).toBe(6);
  });
});

describe('a hello in the form of SSL 2.0', () => {
  const sslv2 = Uint8Array.from([0x80, 0x2e, 1, 3, 1, 0, 0x15, 0, 0, 0, 0x10, ...new Uint8Array(37)]);

  it('is recognised by its lengths', () => {
    expect(startsWithSslv2Hello(sslv2, 0, sslv2.length)).toBe(true);
    expect(startsWithSslv2Hello(sslv2, 0, 10)).toBe(false);
    for (const at of [1, 2, 3, 6, 8, 10]) {
      const bytes = sslv2.slice();
      bytes[at]! ^= 0x41;
      expect(startsWithSslv2Hello(bytes, 0, bytes.length)).toBe(false);
    }
  });
});
