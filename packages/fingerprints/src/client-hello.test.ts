import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseClientHello } from './client-hello.ts';
import { type ClientHelloContent, encodeClientHello, encodeExtension } from './encode-client-hello.ts';
import { fingerprint } from './fingerprint.ts';

const typical: ClientHelloContent = {
  sessionId: new Uint8Array(32),
  cipherSuites: [0x1301, 0x1302, 0xc02f],
  extensions: [
    encodeExtension.serverName('shop.example'),
    encodeExtension.supportedGroups(0x001d, 0x0017),
    encodeExtension.ecPointFormats(0),
    encodeExtension.opaque(35, 16),
    encodeExtension.signatureAlgorithms(0x0403, 0x0804),
    encodeExtension.alpn('h2', 'http/1.1'),
    encodeExtension.supportedVersions(0x0304, 0x0303),
    encodeExtension.opaque(41, 4),
  ],
};

function parsed(content: ClientHelloContent) {
  const result = parseClientHello(encodeClientHello(content));
  if (!result.ok) throw new Error(`${result.reason} at ${result.at}`);
  return result.value;
}

describe('a ClientHello', () => {
  it('is read field by field, in wire order', () => {
    expect(parsed(typical)).toEqual({
      legacyVersion: 0x0303,
      sessionIdLength: 32,
      cipherSuites: [0x1301, 0x1302, 0xc02f],
      compressionMethods: [0],
      extensions: [0, 10, 11, 35, 13, 16, 43, 41],
      malformedExtensions: [],
      serverName: 'shop.example',
      supportedGroups: [0x001d, 0x0017],
      ecPointFormats: [0],
      signatureAlgorithms: [0x0403, 0x0804],
      alpn: ['h2', 'http/1.1'],
      supportedVersions: [0x0304, 0x0303],
      hasPreSharedKey: true,
      hasSessionTicket: true,
    });
  });

  it('may end without an extension block, as before TLS 1.2', () => {
    expect(parsed({ legacyVersion: 0x0301, cipherSuites: [5] })).toMatchObject({
      legacyVersion: 0x0301,
      extensions: [],
    });
  });

  it('is ignored past its own length', () => {
    const bytes = encodeClientHello(typical);
    const longer = new Uint8Array(bytes.length + 50).fill(0xff);
    longer.set(bytes);
    expect(parseClientHello(longer)).toEqual(parseClientHello(bytes));
  });

  it('with an empty session_ticket extension offers no ticket', () => {
    expect(parsed({ cipherSuites: [], extensions: [encodeExtension.opaque(35)] })).toMatchObject({
      hasSessionTicket: false,
    });
  });

  it('keeps an extension whose content is broken in the list, names it, and takes nothing from it', () => {
    const broken = { type: 16, body: Uint8Array.of(0, 9, 2, 0x68) };
    expect(parsed({ cipherSuites: [1], extensions: [broken, encodeExtension.opaque(0)] })).toMatchObject({
      extensions: [16, 0],
      malformedExtensions: [16, 0],
      alpn: [],
    });
  });

  it('that repeats an extension counts both and believes the first', () => {
    const hello = parsed({
      cipherSuites: [1],
      extensions: [encodeExtension.alpn('h2'), encodeExtension.alpn('h3')],
    });
    expect(hello).toMatchObject({ extensions: [16, 16], alpn: ['h2'] });
  });
});

describe('bytes that are no ClientHello', () => {
  it('of another handshake type are told apart from broken ones', () => {
    expect(parseClientHello(Uint8Array.of(2, 0, 0, 0))).toEqual({
      ok: false,
      reason: 'not-client-hello',
      at: 0,
    });
  });

  it('cut off anywhere are truncated, at the end of what is there', () => {
    const bytes = encodeClientHello(typical);
    for (let length = 0; length < bytes.length; length++) {
      expect(parseClientHello(bytes.subarray(0, length))).toEqual({
        ok: false,
        reason: 'truncated',
        at: length,
      });
    }
  });

  const body = (...bytes: number[]) => Uint8Array.from([1, 0, 0, bytes.length, ...bytes]);
  const random = new Array<number>(32).fill(0);
  it.each([
    ['shorter than version and random', 'bad-header', body(3, 3, 1)],
    ['with a session id past its end', 'bad-session-id', body(3, 3, ...random, 9)],
    ['with a session id of more than 32 bytes', 'bad-session-id', body(3, 3, ...random, 33, ...random, 0)],
    ['with half a cipher suite', 'bad-cipher-suites', body(3, 3, ...random, 0, 0, 3, 1, 2, 3)],
    ['with cipher suites past its end', 'bad-cipher-suites', body(3, 3, ...random, 0, 0, 4, 1, 2)],
    ['without compression methods', 'bad-compression-methods', body(3, 3, ...random, 0, 0, 2, 1, 2)],
    ['with an extension block past its end', 'bad-extensions', body(3, 3, ...random, 0, 0, 0, 1, 0, 0, 9)],
    ['with half an extension', 'bad-extensions', body(3, 3, ...random, 0, 0, 0, 1, 0, 0, 2, 0, 13)],
  ])('%s are rejected by name', (_, reason, bytes) => {
    expect(parseClientHello(bytes)).toMatchObject({ ok: false, reason });
  });
});

const code = fc.integer({ min: 0, max: 0xffff });

describe('any input', () => {
  it('gives a result, never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const result = parseClientHello(bytes);
        if (result.ok) fingerprint(result.value, 'tcp');
        else expect(result.at).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });

  it('made from a real hello by changing bytes gives a result whose size its length bounds', () => {
    const bytes = encodeClientHello(typical);
    const change = fc.tuple(fc.integer({ min: 4, max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const mutated = bytes.slice();
        for (const [at, value] of changes) mutated[at] = value;
        const result = parseClientHello(mutated);
        if (!result.ok) return;
        const { cipherSuites, extensions, alpn } = result.value;
        expect(cipherSuites.length * 2 + extensions.length * 4).toBeLessThan(bytes.length);
        expect(alpn.length).toBeLessThan(bytes.length);
        expect(fingerprint(result.value, 'tcp').ja4).toMatch(/^t..[di]\d{4}.._[0-9a-f]{12}_[0-9a-f]{12}$/);
      }),
      { numRuns: 1000 },
    );
  });

  it('that was encoded comes back as it was', () => {
    const content = fc.record({
      legacyVersion: code,
      sessionId: fc.uint8Array({ maxLength: 32 }),
      cipherSuites: fc.array(code, { maxLength: 40 }),
      versions: fc.array(code, { maxLength: 5 }),
      alpn: fc.array(fc.string({ minLength: 1, maxLength: 9, unit: 'grapheme-ascii' }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(content, ({ versions, alpn, ...rest }) => {
        const extensions = [encodeExtension.supportedVersions(...versions), encodeExtension.alpn(...alpn)];
        expect(parsed({ ...rest, extensions })).toMatchObject({
          legacyVersion: rest.legacyVersion,
          sessionIdLength: rest.sessionId.length,
          cipherSuites: rest.cipherSuites,
          supportedVersions: versions,
          alpn,
        });
      }),
    );
  });
});
