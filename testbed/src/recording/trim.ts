/** A connection from its SYN on. */
export interface Connection {
  readonly address: string;
  readonly port: number;
  /** When its first SYN was seen, microseconds since 1970. */
  readonly openedUs: number;
}

/** A TCP segment inside a captured Ethernet frame. */
interface Segment {
  readonly flow: string;
  readonly source: Buffer;
  readonly port: number;
  readonly sequence: number;
  readonly synchronises: boolean;
  readonly payload: Buffer;
}

const ethernet = 14;

function segmentOf(frame: Buffer): Segment | undefined {
  if (frame.length < ethernet + 40) return undefined;
  const type = frame.readUInt16BE(12);
  const version4 = type === 0x0800;
  if (!version4 && type !== 0x86dd) return undefined;
  const ip = frame.subarray(ethernet);
  const headerLength = version4 ? ((ip[0] ?? 0) & 15) * 4 : 40;
  if ((version4 ? ip[9] : ip[6]) !== 6) return undefined;
  const end = version4 ? ip.readUInt16BE(2) : 40 + ip.readUInt16BE(4);
  const addresses = version4 ? ip.subarray(12, 20) : ip.subarray(8, 40);
  const tcp = ip.subarray(headerLength, end);
  if (tcp.length < 20) return undefined;
  return {
    flow: `${addresses.toString('hex')}:${tcp.readUInt16BE(0)}`,
    source: addresses.subarray(0, addresses.length / 2),
    port: tcp.readUInt16BE(0),
    sequence: tcp.readUInt32BE(4),
    synchronises: ((tcp[13] ?? 0) & 0x12) === 0x02,
    payload: tcp.subarray(((tcp[12] ?? 0) >> 4) * 4),
  };
}

/** An address as RFC 5952 writes it. */
function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

/** Bytes of a flow that belong to its first TLS record. */
interface Opening {
  readonly connection: Connection;
  /** Sequence number of the first payload byte. */
  readonly first: number;
  wanted: number;
}

/** A longer record than TLS allows (RFC 8446, 5.1) is not waited for. */
const longestRecord = 5 + 16384 + 256;

/** True for a segment that carries a part of the record; learns the record's length from its header. */
function belongs(opening: Opening, segment: Segment): boolean {
  const offset = (segment.sequence - opening.first) | 0;
  if (segment.payload.length === 0 || offset < 0 || offset >= opening.wanted) return false;
  if (offset === 0 && segment.payload.length >= 5) opening.wanted = 5 + segment.payload.readUInt16BE(3);
  return true;
}

/**
 * Chooses of a capture what fingerprints need: SYNs, and the segments of each connection's first TLS record,
 * the ClientHello. Tells connections apart by their SYN's sequence number, so that a retransmitted SYN opens
 * none and a reused port does.
 */
export class Trimmer {
  readonly #openings = new Map<string, Opening>();

  /** The connection that a packet is to be kept for; undefined for everything else. */
  keep(frame: Buffer, timeUs: number): Connection | undefined {
    const segment = segmentOf(frame);
    if (!segment) return undefined;
    const known = this.#openings.get(segment.flow);
    if (!segment.synchronises) return known && belongs(known, segment) ? known.connection : undefined;
    const first = (segment.sequence + 1) >>> 0;
    if (known?.first === first) return known.connection;
    const connection = { address: addressText(segment.source), port: segment.port, openedUs: timeUs };
    this.#openings.set(segment.flow, { connection, first, wanted: longestRecord });
    return connection;
  }
}
