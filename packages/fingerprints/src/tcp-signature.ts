import { synOptionQuirks, type TcpSynOptions } from './tcp-signature-options.ts';
import { synHeaderQuirks } from './tcp-signature-quirks.ts';

/** What a SYN says about the system that sent it. */
export interface TcpSyn {
  readonly ipVersion: 4 | 6;
  /** Time to live, or hop limit, as received. */
  readonly ttl: number;
  /** Window as written in the header (never scaled: RFC 7323 section 2.2). */
  readonly window: number;
  /** From `readSynOptions`. */
  readonly options: TcpSynOptions;
  /** From `readSynQuirks`. */
  readonly quirks: number;
}

/**
 * Names the TCP/IP stack behind a SYN, the same for one system over any path:
 *
 *     4|64|mss*max|mss,sack,ts,nop,ws=7|df,id           Linux
 *     4|128|65535|mss,nop,ws=8,nop,nop,sack|df,id       Windows
 *     4|64|65535|mss,nop,ws=6,nop,nop,ts,sack,eol+1|df  macOS
 *     │ │  │     │                                  └ quirks, `-` when there is none
 *     │ │  │     └ options in wire order, `-` when there is none
 *     │ │  └ window
 *     │ └ initial TTL
 *     └ IP version
 *
 * - **Initial TTL**: the least of 32, 64, 128 and 255 that is not below the TTL received. How many hops
 *   were lost is the path's affair, not the sender's (`hopDistance`).
 * - **Window**: `mss*N` where it is N whole segments, `mss*max` where no further segment would fit in 16
 *   bits (Linux since 4.20: the factor follows the MSS, so its number would say nothing), else the number of
 *   bytes. Powers of two and 65535 are always bytes. The segment is the MSS of the SYN; or, where a router
 *   lowered that one on the way, the MSS of Ethernet (1460, over IPv6 1440), because nobody adjusts the
 *   window with it.
 * - **Options**: `mss sack ts ws nop eol md5 uto ao mptcp tfo`, `kN` for any other kind N, and for one of
 *   those whose length is not its own. `ws=N` has its shift count. `mss` stands alone while its value is one
 *   that a path may impose (536 to 9216), else as `mss=N`. `eol+N`: N bytes of padding follow.
 * - **Quirks**, in this order. IP: `df` (do not fragment), `id` (DF, yet an identification), `id0` (neither
 *   DF nor an identification), `mbz` (reserved flag), `ipopt` (IP options or IPv6 extension headers), `flow`
 *   (IPv6 flow label). TCP: `ecn` (both ECE and CWR, RFC 3168 section 6.1.1), `ece` or `cwr` (one of them),
 *   `ae` (accurate ECN), `rsv` (other reserved bits), `seq0` (sequence number 0), `ack` (acknowledgment
 *   number without ACK), `uptr` (urgent pointer without URG), `urg`, `psh`, `rst`, `fin` (flags), `data`
 *   (payload). Options: `ts0` (own timestamp 0), `tsr` (echoed timestamp), `trail` (bytes other than 0
 *   behind EOL), `bad` (a length that cannot be).
 *
 * Left out because the path or the moment decides them: the MSS itself, hop count, DSCP and the ECN bits of
 * IP, the values of timestamps and identifications. The 40 option bytes of a packet give at most 260 characters
 * of `[a-z0-9|,=*+-]`. Source: RFC 9293, RFC 7323, RFC 3168, RFC 8200; own measurements.
 */
export function tcpSignature(syn: TcpSyn): string {
  const { options } = syn;
  const parts = options.signature === '' ? '-' : options.signature;
  const window = windowText(syn.window, options.mss, syn.ipVersion);
  const quirks = quirkText(syn.quirks, options.quirks);
  return `${syn.ipVersion}|${initialTtl(syn.ttl)}|${window}|${parts}|${quirks}`;
}

/** The TTL that a packet had when it was sent, guessed from the values that systems start with. */
export function initialTtl(ttl: number): 32 | 64 | 128 | 255 {
  if (ttl <= 32) return 32;
  if (ttl <= 64) return 64;
  return ttl <= 128 ? 128 : 255;
}

/** How many routers a packet has passed, if `initialTtl` guesses right. */
export function hopDistance(ttl: number): number {
  return initialTtl(ttl) - ttl;
}

const largestWindow = 65535;

/** Below this an MSS is no measure: nearly every window would be a multiple of it. */
const leastSegment = 100;

function windowText(window: number, mss: number | undefined, ipVersion: 4 | 6): string {
  const isSize = window === largestWindow || (window & (window - 1)) === 0;
  if (mss === undefined || mss < leastSegment || isSize) return String(window);
  if (window % mss === 0) return segments(window, mss);
  const unclamped = ipVersion === 4 ? 1460 : 1440;
  if (mss < unclamped && window % unclamped === 0) return segments(window, unclamped);
  return String(window);
}

function segments(window: number, segment: number): string {
  return window + segment > largestWindow ? 'mss*max' : `mss*${window / segment}`;
}

const headerQuirks = Object.entries(synHeaderQuirks);
const optionQuirks = Object.entries(synOptionQuirks);

function quirkText(header: number, options: number): string {
  let text = '';
  for (const [name, bit] of headerQuirks) if ((header & bit) !== 0) text += text === '' ? name : `,${name}`;
  if (options !== 0) {
    for (const [name, bit] of optionQuirks)
      if ((options & bit) !== 0) text += text === '' ? name : `,${name}`;
  }
  return text === '' ? '-' : text;
}
