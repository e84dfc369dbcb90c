import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InitialFrames } from './initial-frames.ts';
import { deriveInitialKeys, initialKeysLength, type QuicSide } from './initial-keys.ts';
import { openInitial, sealInitial } from './initial-protection.ts';
import { LongHeader, parseLongHeader } from './long-header.ts';
import { quicVersion } from './quic-version.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
const text = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? '' : Buffer.from(bytes).toString('hex');

/** The examples of both RFCs share this connection id and these frames. */
const dcid = hex('8394c8f03e515708');
const clientCrypto = hex(`
  060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868
  04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578
  616d706c652e636f6dff01000100000a00080006001d00170018001000070005
  04616c706e000500050100000000003300260024001d00209370b2c9caa47fba
  baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400
  0d0010000e0403050306030203080408050806002d00020101001c0002400100
  3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000
  75300901100f088394c8f03e51570806048000ffff`);
const clientFrames = new Uint8Array(1162);
clientFrames.set(clientCrypto);
const serverFrames = hex(`
  02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf739
  88cfc79825df566dc5430b9a045a1200130100002e00330024001d00209d3c94
  0d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00
  020304`);

function keysOf(code: number, side: QuicSide, id = dcid): Uint8Array {
  const keys = new Uint8Array(initialKeysLength);
  const version = quicVersion(code);
  if (version !== undefined) deriveInitialKeys(version, side, id, 0, id.length, keys, 0);
  return keys;
}

function open(keys: Uint8Array, packet: Uint8Array): Uint8Array | undefined {
  const header = new LongHeader();
  expect(parseLongHeader(header, packet, 0, packet.length)).toBe('initial');
  return openInitial(keys, 0, packet, 0, header.packetNumber, header.end);
}

describe.each([
  {
    source: 'RFC 9001, appendix A',
    code: 1,
    clientKeys: '1f369613dd76d5467730efcbe3b1a22d fa044b2f42a3fd3b46fb255c 9f50449e04a0e810283a1e9933adedd2',
    serverKeys: 'cf3a5331653c364c88f0f379b6067e37 0ac1493ca1905853b0bba03e c206b8d9b9f0f37644430b490eeaa314',
    clientHeader: 'c300000001088394c8f03e5157080000449e00000002',
    clientStart: 'c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9b',
    clientTag: 'e221af44860018ab0856972e194cd934',
    serverHeader: 'c1000000010008f067a5502a4262b50040750001',
    serverPacket: `
      cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a
      5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3
      dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84
      022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc4
      2158407dd074ee`,
  },
  {
    source: 'RFC 9369, appendix A',
    code: 0x6b3343cf,
    clientKeys: '8b1a0bc121284290a29e0971b5cd045d 91f73e2351d8fa91660e909f 45b95e15235d6f45a6b19cbcb0294ba9',
    serverKeys: '82db637861d55e1d011f19ea71d5d2a7 dd13c276499c0249d3310652 edf6d05c83121201b436e16877593c3a',
    clientHeader: 'd36b3343cf088394c8f03e5157080000449e00000002',
    clientStart: 'd76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071',
    clientTag: 'a18b2faa745b6fe189cf772a9f84cbfc',
    serverHeader: 'd16b3343cf0008f067a5502a4262b50040750001',
    serverPacket: `
      dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698
      baeea26b91eb761d9b89237bbf87263017915358230035f7fd3945d88965cf17
      f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2
      c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca8
      4bed8521e2e140`,
  },
])('the example of $source', (example) => {
  it('has these keys', () => {
    expect(text(keysOf(example.code, 'client'))).toBe(example.clientKeys.replaceAll(' ', ''));
    expect(text(keysOf(example.code, 'server'))).toBe(example.serverKeys.replaceAll(' ', ''));
  });

  it('has this protected packet of the client', () => {
    const keys = keysOf(example.code, 'client');
    const packet = sealInitial(keys, hex(example.clientHeader), 4, clientFrames);
    expect(packet).toHaveLength(1200);
    expect(text(packet).slice(0, example.clientStart.length)).toBe(example.clientStart);
    expect(text(packet).slice(-32)).toBe(example.clientTag);
    expect(text(open(keys, packet))).toBe(text(clientFrames));
  });

  it('has this protected packet of the server', () => {
    const packet = hex(example.serverPacket);
    const keys = keysOf(example.code, 'server');
    expect(text(sealInitial(keys, hex(example.serverHeader), 2, serverFrames))).toBe(text(packet));
    expect(text(open(keys, packet))).toBe(text(serverFrames));
    expect(open(keysOf(example.code, 'client'), packet)).toBeUndefined();
  });
});

describe('protection of Initial packets', () => {
  it('opens what it sealed, and nothing of which one bit was changed', () => {
    const id = fc.uint8Array({ maxLength: 20 });
    const frames = fc.uint8Array({ minLength: 4, maxLength: 300 }).map((bytes) => {
      bytes[0] = 6;
      return bytes;
    });
    const changed = fc.option(fc.tuple(fc.nat(), fc.nat(7)));
    const numberLength = fc.constantFrom(1, 2, 3, 4);
    fc.assert(
      fc.property(id, frames, numberLength, changed, (id, frames, numberLength, changed) => {
        const keys = keysOf(1, 'client', id);
        const start = [0xc0 | (numberLength - 1), 0, 0, 0, 1, id.length, ...id, 0, 0];
        const length = numberLength + frames.length + 16;
        const header = Uint8Array.from([...start, 0x40 | (length >> 8), length & 0xff, 9, 8, 7, 6]);
        const packet = sealInitial(
          keys,
          header.subarray(0, header.length - 4 + numberLength),
          numberLength,
          frames,
        );
        if (changed !== null) {
          const protectedBytes = packet.length - header.length + 4;
          packet[header.length - 4 + (changed[0] % protectedBytes)]! ^= 1 << changed[1];
        }
        expect(text(open(keys, packet))).toBe(changed === null ? text(frames) : '');
      }),
    );
  });
});

describe('a long header', () => {
  const outcome = (bytes: Uint8Array) => parseLongHeader(new LongHeader(), bytes, 0, bytes.length);

  it('of a Retry is told by the type bits of its version', () => {
    // RFC 9001, A.4; RFC 9369, A.4.
    const retry = 'ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba';
    expect(outcome(hex(retry))).toBe('retry');
    expect(outcome(hex('cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6'))).toBe(
      'retry',
    );
  });

  it('of version 0 is a version negotiation', () => {
    expect(outcome(hex('80000000000008f067a5502a4262b500000001'))).toBe('version-negotiation');
  });

  it('names the version that it refuses', () => {
    expect(outcome(hex('c3513035300800000000000000000000'))).toBe('q050');
    expect(outcome(hex('c31a2a3a4a0800000000000000000000'))).toBe('grease');
  });

  it('is malformed with a connection id of more than 20 bytes, or too little to sample', () => {
    expect(outcome(hex(`c00000000115${'00'.repeat(40)}`))).toBe('malformed');
    expect(outcome(hex(`c00000000108${'00'.repeat(8)}000013${'00'.repeat(19)}`))).toBe('malformed');
    expect(outcome(hex(`c00000000108${'00'.repeat(8)}000014${'00'.repeat(20)}`))).toBe('initial');
  });

  it('never points outside the packet, whatever the bytes', () => {
    const start = fc.tuple(fc.nat(255), fc.constantFrom(0, 1, 0x6b3343cf, 0xff00001d), fc.uint8Array());
    fc.assert(
      fc.property(start, ([first, code, rest]) => {
        const bytes = Uint8Array.from([0x80 | first, 0, 0, 0, 0, ...rest]);
        new DataView(bytes.buffer).setUint32(1, code);
        const header = new LongHeader();
        const result = parseLongHeader(header, bytes, 0, bytes.length);
        if (result === 'truncated' || result === 'malformed') return;
        expect(header.end).toBeLessThanOrEqual(bytes.length);
        expect(header.scid + header.scidLength).toBeLessThanOrEqual(bytes.length);
        if (result === 'initial') expect(header.packetNumber + 20).toBeLessThanOrEqual(header.end);
      }),
    );
  });
});

describe('the frames of an Initial packet', () => {
  const walk = (payload: Uint8Array) => {
    const frames = new InitialFrames();
    frames.reset(payload);
    const seen: string[] = [];
    for (;;) {
      const frame = frames.next();
      if (frame !== 'crypto') return [...seen, frame];
      seen.push(`${frames.offset}+${frames.end - frames.start}`);
    }
  };

  it('are walked from one CRYPTO frame to the next', () => {
    expect(walk(clientFrames)).toEqual(['0+241', 'end']);
    expect(walk(serverFrames)).toEqual(['0+90', 'end']);
    expect(walk(hex('000001 0200000000 03020101020000030506 060a01ff 1c0a06026e6f 0640410000'))).toEqual([
      '10+1',
      '65+0',
      'end',
    ]);
  });

  it('end where one is cut off, or is of a type that Initials must not hold', () => {
    expect(walk(hex('06000102 0600'))).toEqual(['0+1', 'truncated']);
    expect(walk(hex('0208'))).toEqual(['truncated']);
    expect(walk(hex('02 00 00 bfffffff 00 00'))).toEqual(['truncated']);
    expect(walk(hex('1c 00 00 05 00'))).toEqual(['truncated']);
    expect(walk(hex('01 08 00'))).toEqual(['unexpected']);
  });

  it('end for any bytes, and never point outside them', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(8), fc.nat(255))), (bytes) => {
        const frames = new InitialFrames();
        frames.reset(Uint8Array.from(bytes));
        let count = 0;
        while (frames.next() === 'crypto') {
          expect(frames.end).toBeLessThanOrEqual(bytes.length);
          expect(frames.start).toBeLessThanOrEqual(frames.end);
          expect(++count).toBeLessThanOrEqual(bytes.length);
        }
      }),
    );
  });
});
