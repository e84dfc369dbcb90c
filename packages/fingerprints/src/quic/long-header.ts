import { type QuicVersion, type QuicVersionRefusal, quicVersion, refusedVersion } from './quic-version.ts';
import { readVarint, varintLength } from './varint.ts';

/** Where things are in a packet with a long header; filled by {@link parseLongHeader}. Offsets are absolute. */
export class LongHeader {
  /** The version field, unsigned. */
  versionCode = 0;
  version: QuicVersion | undefined = undefined;
  /** Destination connection id. */
  dcid = 0;
  dcidLength = 0;
  /** Source connection id. */
  scid = 0;
  scidLength = 0;
  tokenLength = 0;
  /** Start of the protected packet number. */
  packetNumber = 0;
  /** Where the packet ends and the next of the datagram may start. */
  end = 0;
}

/**
 * - a packet type of RFC 9000, 17.2;
 * - `truncated`: the packet says it is longer than the bytes given;
 * - `malformed`: no packet of its version looks like this;
 * - or why the version is refused; only the connection ids are read then, if they can be.
 */
export type LongHeaderOutcome =
  | 'initial'
  | 'zero-rtt'
  | 'handshake'
  | 'retry'
  | 'version-negotiation'
  | 'truncated'
  | 'malformed'
  | QuicVersionRefusal;

const typesV1 = ['initial', 'zero-rtt', 'handshake', 'retry'] as const;
const typesV2 = ['retry', 'initial', 'zero-rtt', 'handshake'] as const;

/** RFC 9000, 17.2: longer ones are for versions to come. */
const maxConnectionId = 20;
/** Packet number of up to four bytes, then the 16 bytes that header protection samples (RFC 9001, 5.4.2). */
const minProtected = 20;

/**
 * Reads the header of the packet at `bytes[at, end)`, whose first byte has its high bit set. The fields are
 * meaningful for packet types only. Source: RFC 9000, 17.2; RFC 8999, 5.1.
 * @param guess the version to read packets of a reserved or unknown version as
 *
 *     1ttxxxxx | version 4 | dcid length 1, dcid | scid length 1, scid | Initial: token length, token
 *              | length | packet number and payload, protected
 */
export function parseLongHeader(
  header: LongHeader,
  bytes: Uint8Array,
  at: number,
  end: number,
  guess?: QuicVersion,
): LongHeaderOutcome {
  if (at + 7 > end) return 'truncated';
  const code =
    ((bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!) >>> 0;
  const version = code === 0 ? undefined : (quicVersion(code) ?? guess);
  header.versionCode = code;
  header.version = version;
  if (version === undefined && code !== 0) return refusedVersion(code);
  header.dcidLength = bytes[at + 5]!;
  header.dcid = at + 6;
  const scidLengthAt = header.dcid + header.dcidLength;
  if (header.dcidLength > maxConnectionId) return 'malformed';
  if (scidLengthAt >= end) return 'truncated';
  header.scidLength = bytes[scidLengthAt]!;
  header.scid = scidLengthAt + 1;
  if (header.scidLength > maxConnectionId) return 'malformed';
  const next = header.scid + header.scidLength;
  if (next > end) return 'truncated';
  header.tokenLength = 0;
  header.end = end;
  if (version === undefined) return 'version-negotiation';
  const type = (version.types === 'v1' ? typesV1 : typesV2)[(bytes[at]! >> 4) & 3]!;
  if (type === 'retry') return type;
  return parseLengths(header, bytes, next, end, type);
}

function parseLengths(
  header: LongHeader,
  bytes: Uint8Array,
  start: number,
  end: number,
  type: 'initial' | 'zero-rtt' | 'handshake',
): LongHeaderOutcome {
  let at = start;
  if (type === 'initial') {
    const tokenLength = readVarint(bytes, at, end);
    if (tokenLength < 0) return 'truncated';
    header.tokenLength = tokenLength;
    at += varintLength(bytes, at) + tokenLength;
  }
  const length = readVarint(bytes, at, end);
  if (length < 0) return 'truncated';
  header.packetNumber = at + varintLength(bytes, at);
  header.end = header.packetNumber + length;
  if (length < minProtected) return 'malformed';
  return header.end > end ? 'truncated' : type;
}
