import type { CaptureStatistics } from '../capture-statistics.ts';
import { FragmentBytes } from './fragment-bytes.ts';
import type { FrameLayout } from './frame-layout.ts';
import { extensionHeaderLength } from './ip.ts';
import type { LayerFailure } from './layer.ts';

/** Datagrams that wait at once, and 2 KiB chunks for their bytes: 8 MiB. The oldest goes first. */
const maxDatagrams = 1024;
const maxChunks = 4096;
/** As Linux waits (`net.ipv4.ipfrag_time`), counted from the fragment that came first. */
const timeoutNs = 30e9;
/** IPv4 headers have at most 60 bytes; IPv6 extension headers that fill more are refused. */
const maxHeader = 256;
const maxPacket = 65_535;
const keyWords = 10;
const hashHeads = 2048;
const none = -1;

/**
 * IPv4 and IPv6 fragments to datagrams (RFC 791 section 3.2, RFC 8200 section 4.5), in any order, by packet
 * time and in bounded memory. Of different IPv4 fragments for one place the first stays; overlapping IPv6
 * fragments discard their datagram (RFC 5722), exact repetitions do not. Results do not depend on the hash,
 * which is seeded so that nobody can aim at one chain.
 */
export class IpFragments {
  /** The datagram put together last: the header of its first fragment, then the data. */
  readonly datagram = new Uint8Array(maxHeader + maxPacket);
  /** Its length. */
  length = 0;

  readonly #statistics: CaptureStatistics;
  readonly #bytes = new FragmentBytes(maxDatagrams, maxChunks);
  readonly #keys = new Int32Array(maxDatagrams * keyWords);
  readonly #key = new Int32Array(keyWords);
  readonly #seed = Math.floor(Math.random() * 2 ** 32) | 0;
  readonly #heads = new Int32Array(hashHeads).fill(none);
  readonly #nextInChain = new Int32Array(maxDatagrams);
  /** Datagrams by age: each knows its neighbours. Free ones are chained by `#newer`. */
  readonly #newer = Int32Array.from({ length: maxDatagrams }, (_, i) =>
    i + 1 === maxDatagrams ? none : i + 1,
  );
  readonly #older = new Int32Array(maxDatagrams);
  #oldest = none;
  #newest = none;
  #firstFree = 0;
  readonly #startedNs = new Float64Array(maxDatagrams);
  readonly #headers = new Uint8Array(maxDatagrams * maxHeader);
  /** 0 while the first fragment has not come. */
  readonly #headerLength = new Int32Array(maxDatagrams);
  /** Length of all data, -1 while the last fragment has not come. */
  readonly #dataLength = new Int32Array(maxDatagrams);
  /** End of the data that came, wherever gaps are. */
  readonly #reach = new Int32Array(maxDatagrams);
  /** 1 for a datagram that will never be whole: its further fragments are refused as well. */
  readonly #isDiscarded = new Uint8Array(maxDatagrams);

  constructor(statistics: CaptureStatistics) {
    this.#statistics = statistics;
  }

  /**
   * Takes the fragment that `readIp` left in `layout`.
   * @returns `complete` when {@link datagram} is now the whole packet
   */
  add(layout: FrameLayout, nowNs: number): 'complete' | LayerFailure {
    this.#expire(nowNs);
    const { buffer, ip, transport } = layout;
    const isIpv4 = layout.ipVersion === 4;
    const captured = layout.ipTotalLength === 0 ? layout.end : ip + layout.ipTotalLength;
    if (captured > layout.end) return 'packet_truncated';
    const start = isIpv4 ? transport : transport + 8;
    const field = isIpv4 ? ip + 6 : transport + 2;
    const bits = (buffer[field]! << 8) | buffer[field + 1]!;
    const offset = isIpv4 ? (bits & 0x1fff) * 8 : bits & 0xfff8;
    const isLast = isIpv4 ? (bits & 0x2000) === 0 : (bits & 1) === 0;
    // All but the last are multiples of 8 bytes: IPv4 receivers cut off what is more, IPv6 forbids it.
    const excess = isLast ? 0 : (captured - start) % 8;
    const end = isIpv4 ? captured - excess : captured;
    const length = end - start;
    const isMalformed = length <= 0 || (!isIpv4 && excess !== 0) || offset + length > maxPacket;
    if (isMalformed || transport - ip > maxHeader) return 'ip_fragment_refused';

    this.#readKey(layout);
    const datagram = this.#find() ?? this.#open(nowNs);
    if (this.#isDiscarded[datagram] === 1) return 'ip_fragment_refused';
    if (this.#contradicts(datagram, offset + length, isLast)) return 'ip_fragment_refused';
    const relation = this.#bytes.relation(datagram, offset, buffer, start, end);
    if (relation === 'repeated') return 'ip_fragment_held';
    if (relation === 'overlapping') {
      this.#statistics.ip_fragments_overlapping++;
      if (!isIpv4) return this.#discard(datagram);
    }
    while (!this.#bytes.hasRoom(datagram, offset, length)) this.#evict(datagram);
    this.#bytes.keep(datagram, offset, buffer, start, end);
    this.#reach[datagram] = Math.max(this.#reach[datagram]!, offset + length);
    if (isLast) this.#dataLength[datagram] = offset + length;
    if (offset === 0 && this.#headerLength[datagram] === 0) this.#keepHeader(datagram, layout);
    const whole = this.#dataLength[datagram]!;
    const isWhole = whole >= 0 && this.#bytes.received(datagram) >= whole;
    return isWhole ? this.#assemble(datagram, isIpv4) : 'ip_fragment_held';
  }

  /** A second end, or data behind the end: the fragment is refused, as end systems do. */
  #contradicts(datagram: number, end: number, isLast: boolean): boolean {
    const known = this.#dataLength[datagram]!;
    if (isLast) return end < this.#reach[datagram]! || (known >= 0 && known !== end);
    return known >= 0 && end > known;
  }

  #keepHeader(datagram: number, { buffer, ip, transport, ipVersion }: FrameLayout): void {
    const base = datagram * maxHeader;
    const length = transport - ip;
    this.#headerLength[datagram] = length;
    for (let i = 0; i < length; i++) this.#headers[base + i] = buffer[ip + i]!;
    // What follows the fragment header is what the first fragment says.
    if (ipVersion === 6) nameNext(this.#headers.subarray(base, base + length), buffer[transport]!);
  }

  #assemble(datagram: number, isIpv4: boolean): 'complete' | LayerFailure {
    const header = this.#headerLength[datagram]!;
    const data = this.#dataLength[datagram]!;
    const base = datagram * maxHeader;
    const packet = this.datagram;
    const payload = isIpv4 ? header + data : header + data - 40;
    if (payload > maxPacket) return this.#discard(datagram);
    packet.set(this.#headers.subarray(base, base + header));
    this.#bytes.copyTo(packet, header, datagram, data);
    const lengthField = isIpv4 ? 2 : 4;
    packet[lengthField] = payload >> 8;
    packet[lengthField + 1] = payload & 0xff;
    if (isIpv4) {
      // No fragment any more; "don't fragment" stays as it was.
      packet[6] = packet[6]! & 0xc0;
      packet[7] = 0;
    }
    this.length = header + data;
    this.#close(datagram);
    this.#statistics.ip_fragments_reassembled++;
    return 'complete';
  }

  #discard(datagram: number): LayerFailure {
    this.#bytes.release(datagram);
    this.#isDiscarded[datagram] = 1;
    return 'ip_fragment_refused';
  }

  #expire(nowNs: number): void {
    while (this.#oldest !== none && nowNs - this.#startedNs[this.#oldest]! > timeoutNs) {
      this.#statistics.ip_fragments_timed_out++;
      this.#close(this.#oldest);
    }
  }

  /** Makes room; never by the datagram that room is made for. */
  #evict(keep: number): void {
    const victim = this.#oldest === keep ? this.#newer[keep]! : this.#oldest;
    this.#statistics.ip_fragments_evicted++;
    this.#close(victim);
  }

  /** Addresses, identification, and for IPv4 the protocol (RFC 791 section 3.2, RFC 8200 section 4.5). */
  #readKey({ buffer, ip, addresses, transport, ipVersion }: FrameLayout): void {
    const key = this.#key.fill(0);
    const words = ipVersion === 4 ? 2 : 8;
    for (let i = 0; i < words; i++) key[i] = word(buffer, addresses + i * 4);
    key[8] = ipVersion === 4 ? (buffer[ip + 4]! << 8) | buffer[ip + 5]! : word(buffer, transport + 4);
    key[9] = ipVersion === 4 ? 0x400 | buffer[ip + 9]! : 0x600;
  }

  #find(): number | undefined {
    for (let at = this.#heads[this.#hash(this.#key, 0)]!; at !== none; at = this.#nextInChain[at]!) {
      const base = at * keyWords;
      let i = 0;
      while (i < keyWords && this.#keys[base + i] === this.#key[i]) i++;
      if (i === keyWords) return at;
    }
    return undefined;
  }

  #open(nowNs: number): number {
    if (this.#firstFree === none) this.#evict(none);
    const datagram = this.#firstFree;
    this.#firstFree = this.#newer[datagram]!;
    this.#newer[datagram] = none;
    this.#older[datagram] = this.#newest;
    if (this.#newest === none) this.#oldest = datagram;
    else this.#newer[this.#newest] = datagram;
    this.#newest = datagram;

    this.#keys.set(this.#key, datagram * keyWords);
    const head = this.#hash(this.#key, 0);
    this.#nextInChain[datagram] = this.#heads[head]!;
    this.#heads[head] = datagram;

    this.#startedNs[datagram] = nowNs;
    this.#headerLength[datagram] = 0;
    this.#dataLength[datagram] = -1;
    this.#reach[datagram] = 0;
    this.#isDiscarded[datagram] = 0;
    return datagram;
  }

  #close(datagram: number): void {
    this.#bytes.release(datagram);
    const head = this.#hash(this.#keys, datagram * keyWords);
    if (this.#heads[head] === datagram) this.#heads[head] = this.#nextInChain[datagram]!;
    else {
      let at = this.#heads[head]!;
      while (this.#nextInChain[at] !== datagram) at = this.#nextInChain[at]!;
      this.#nextInChain[at] = this.#nextInChain[datagram]!;
    }
    const [older, newer] = [this.#older[datagram]!, this.#newer[datagram]!];
    if (older === none) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === none) this.#newest = older;
    else this.#older[newer] = older;
    this.#newer[datagram] = this.#firstFree;
    this.#firstFree = datagram;
  }

  #hash(words: Int32Array, at: number): number {
    let hash = this.#seed;
    for (let i = 0; i < keyWords; i++) {
      hash = Math.imul(hash ^ words[at + i]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash & (hashHeads - 1);
  }
}

/** Lets the last of the headers in `header` name what follows, in place of the fragment header. */
function nameNext(header: Uint8Array, protocol: number): void {
  let field = 6;
  for (let at = 40; at < header.length; ) {
    const length = extensionHeaderLength(header[field]!, header[at + 1]!);
    field = at;
    at += length;
  }
  header[field] = protocol;
}

function word(buffer: Uint8Array, at: number): number {
  return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
}
