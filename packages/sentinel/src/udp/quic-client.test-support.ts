import { deriveInitialKeys, initialKeysLength, quicVersion, sealInitial } from '@ja4/fingerprints';

/** A piece of a handshake message, `[start, end)`. */
export type Piece = readonly [start: number, end: number];

export interface InitialPacket {
  /** 1 by default. */
  version?: number;
  /** What the version field says, if not `version`, by whose rules the packet is protected. */
  code?: number;
  /** The connection id that the keys come from; `dcid` by default. */
  keysFrom?: Uint8Array;
  dcid?: Uint8Array;
  scid?: Uint8Array;
  token?: Uint8Array;
  packetNumber?: number;
  numberLength?: 1 | 2 | 3 | 4;
  side?: 'client' | 'server';
  /** The frames are filled with PADDING until the packet has this length. */
  length?: number;
}

export const firstDcid = Uint8Array.from([0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08]);
const noBytes = new Uint8Array(0);

/** A protected Initial packet with these frames (RFC 9000, 17.2.2). */
export function initialPacket(frames: readonly Uint8Array[], packet: InitialPacket = {}): Uint8Array {
  const {
    version: protection = 1,
    dcid = firstDcid,
    scid = noBytes,
    token = noBytes,
    side = 'client',
  } = packet;
  const { code = protection, packetNumber = 0, numberLength = 4, keysFrom = dcid, length = 1200 } = packet;
  const version = quicVersion(protection);
  if (version === undefined) throw new Error(`${protection.toString(16)} is no version that is read`);
  const type = version.types === 'v2' ? 0xd0 : 0xc0;
  const start = Buffer.from([
    type | (numberLength - 1),
    ...uint32(code),
    dcid.length,
    ...dcid,
    scid.length,
    ...scid,
    ...varint(token.length),
    ...token,
  ]);
  const payload = Buffer.concat(frames);
  // Two bytes of length; a packet of four bytes of number and payload at least can be sampled.
  const padding = Math.max(
    0,
    4 - numberLength - payload.length,
    length - start.length - 2 - numberLength - payload.length - 16,
  );
  const rest = numberLength + payload.length + padding + 16;
  const header = Buffer.concat([
    start,
    Buffer.from([0x40 | (rest >> 8), rest & 0xff]),
    Buffer.from(uint32(packetNumber)).subarray(4 - numberLength),
  ]);
  const keys = new Uint8Array(initialKeysLength);
  deriveInitialKeys(version, side, keysFrom, 0, keysFrom.length, keys, 0);
  return sealInitial(keys, header, numberLength, Buffer.concat([payload, Buffer.alloc(padding)]));
}

/** A CRYPTO frame with a piece of a message (RFC 9000, 19.6). */
export function cryptoFrame(
  message: Uint8Array,
  [start, end]: Piece,
  streamOffset = 0,
  type = 6,
): Uint8Array {
  return Buffer.from([
    type,
    ...varint(streamOffset + start),
    ...varint(end - start),
    ...message.subarray(start, end),
  ]);
}

export const pingFrame: Uint8Array = Uint8Array.of(1);
/** Acknowledges packets 0 to 1, with a gap and ECN counts. */
export const ackFrame: Uint8Array = Uint8Array.of(3, 5, 0x40, 0x19, 1, 0, 1, 1, 1, 0, 0);
export const closeFrame: Uint8Array = Uint8Array.of(0x1c, 0x0a, 0x06, 2, 0x6e, 0x6f);

/** A packet with a long header that holds nothing readable: Handshake or 0-RTT of version 1. */
export function opaqueLongPacket(type: 'handshake' | 'zero-rtt', length = 60): Uint8Array {
  const first = type === 'handshake' ? 0xe0 : 0xd0;
  return Buffer.from([
    first,
    0,
    0,
    0,
    1,
    8,
    ...firstDcid,
    0,
    ...varint(length),
    ...new Uint8Array(length).fill(7),
  ]);
}

/** RFC 9000, 17.2.5: the server asks to start again with its connection id and this token. */
export function retryPacket(scid: Uint8Array, token: Uint8Array): Uint8Array {
  return Buffer.from([0xf0, 0, 0, 0, 1, 0, scid.length, ...scid, ...token, ...new Uint8Array(16)]);
}

/** RFC 9000, 16, in the shortest form. */
function varint(value: number): number[] {
  if (value < 0x40) return [value];
  if (value < 0x4000) return [0x40 | (value >> 8), value & 0xff];
  return [0x80 | (value >>> 24), (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];
}

function uint32(value: number): number[] {
  return [value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];
}
