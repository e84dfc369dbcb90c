/** A TCP segment inside a captured Ethernet frame. */
interface Segment {
  readonly flow: string;
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
  const flags = tcp[13] ?? 0;
  return {
    flow: `${addresses.toString('hex')}:${tcp.readUInt16BE(0)}`,
    sequence: tcp.readUInt32BE(4),
    synchronises: (flags & 0x12) === 0x02,
    payload: tcp.subarray(((tcp[12] ?? 0) >> 4) * 4),
  };
}

/** Bytes of a flow that belong to its first TLS record. */
interface Opening {
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
 * Keeps of a pcap (classic format, Ethernet, little endian as tcpdump writes it here) what fingerprints need:
 * SYNs, and the segments of each connection's first TLS record, the ClientHello.
 */
export function trimCapture(capture: Buffer): Buffer {
  const kept: Buffer[] = [capture.subarray(0, 24)];
  const openings = new Map<string, Opening>();
  for (let at = 24; at + 16 <= capture.length; ) {
    const next = at + 16 + capture.readUInt32LE(at + 8);
    if (next > capture.length) break;
    const segment = segmentOf(capture.subarray(at + 16, next));
    const opening = segment && openings.get(segment.flow);
    if (segment?.synchronises) {
      openings.set(segment.flow, { first: (segment.sequence + 1) >>> 0, wanted: longestRecord });
      kept.push(capture.subarray(at, next));
    } else if (segment && opening && belongs(opening, segment)) {
      kept.push(capture.subarray(at, next));
    }
    at = next;
  }
  return Buffer.concat(kept);
}
