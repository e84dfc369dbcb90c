/** Options with a name in network events. Source: IANA "TCP Option Kind Numbers". */
const knownOptions: readonly (readonly [kind: number, name: string])[] = [
  [0, 'EOL'],
  [1, 'NOP'],
  [2, 'MSS'],
  [3, 'WS'],
  [4, 'SACK'],
  [8, 'TS'],
  [19, 'MD5'],
  [28, 'UTO'],
  [29, 'AO'],
  [30, 'MPTCP'],
  [34, 'TFO'],
];

/** By kind: the names of network events, and those of signatures. */
const names = Array.from({ length: 256 }, (_, kind) => `OPT${kind}`);
const tokens = Array.from({ length: 256 }, (_, kind) => `k${kind}`);
for (const [kind, name] of knownOptions) {
  names[kind] = name;
  tokens[kind] = name.toLowerCase();
}

const mssKind = 2;
const windowScaleKind = 3;
const timestampsKind = 8;

/**
 * By kind: the length an option must have in a SYN, 0 where it varies. Source: RFC 9293 section 3.2,
 * RFC 7323 sections 2.2 and 3.2, RFC 2018 section 2.
 */
const fixedLengths = new Uint8Array(256);
fixedLengths[mssKind] = 4;
fixedLengths[windowScaleKind] = 3;
fixedLengths[4] = 2;
fixedLengths[timestampsKind] = 10;

/** What the options of a SYN say. */
export interface TcpSynOptions {
  /** Names in wire order, comma-joined: `MSS,SACK,TS,NOP,WS`. EOL is the last one where it stands. */
  names: string;
  /** The options part of a TCP signature. */
  signature: string;
  mss: number | undefined;
  windowScale: number | undefined;
  /** Bits of {@link synOptionQuirks}. */
  quirks: number;
}

/** Oddities of options, by their names in a TCP signature. */
export const synOptionQuirks = {
  /** The sender's own timestamp is 0. */
  ts0: 1,
  /** A timestamp is echoed, though nothing can have been received. */
  tsr: 2,
  /** Bytes other than 0 behind EOL. */
  trail: 4,
  /** An option's length cannot be, or is not that of its kind. */
  bad: 8,
} as const;

/**
 * MSS values that some link explains: from the least that hosts must take (RFC 9293 section 3.7.1) to
 * Ethernet's jumbo frames. Which of them stands in a SYN is the path's doing.
 */
const leastPathMss = 536;
const largestPathMss = 9216;

/**
 * Reads the options of a SYN, `bytes[start, end)`: at most 40 bytes in a packet, any number here. RFC 9293
 * section 3.1: EOL and NOP are one byte, every other option has a length that includes its first two bytes.
 * Reading ends at EOL, or at an option whose length cannot be.
 */
export function readSynOptions(bytes: Uint8Array, start = 0, end = bytes.length): TcpSynOptions {
  const read: TcpSynOptions = {
    names: '',
    signature: '',
    mss: undefined,
    windowScale: undefined,
    quirks: 0,
  };
  let at = start;
  while (at < end) {
    const kind = bytes[at]!;
    if (kind === 0) {
      endOfOptions(read, bytes, at, end);
      return read;
    }
    const length = kind === 1 ? 1 : at + 1 < end ? bytes[at + 1]! : 0;
    if (length === 0 || (length === 1 && kind !== 1) || at + length > end) {
      read.quirks |= synOptionQuirks.bad;
      return read;
    }
    readOption(read, kind, bytes, at, length);
    at += length;
  }
  return read;
}

function readOption(read: TcpSynOptions, kind: number, bytes: Uint8Array, at: number, length: number): void {
  let token = tokens[kind]!;
  const expected = fixedLengths[kind]!;
  if (expected !== 0 && length !== expected) {
    read.quirks |= synOptionQuirks.bad;
    token = `k${kind}`;
  } else if (kind === mssKind) {
    const mss = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    read.mss = mss;
    if (mss < leastPathMss || mss > largestPathMss) token = `mss=${mss}`;
  } else if (kind === windowScaleKind) {
    read.windowScale = bytes[at + 2]!;
    token = `ws=${read.windowScale}`;
  } else if (kind === timestampsKind) {
    if (isZero(bytes, at + 2, at + 6)) read.quirks |= synOptionQuirks.ts0;
    if (!isZero(bytes, at + 6, at + 10)) read.quirks |= synOptionQuirks.tsr;
  }
  append(read, names[kind]!, token);
}

function append(read: TcpSynOptions, name: string, token: string): void {
  const isFirst = read.names === '';
  read.names = isFirst ? name : `${read.names},${name}`;
  read.signature = isFirst ? token : `${read.signature},${token}`;
}

/** EOL at `at`, and the padding behind it: `eol`, `eol+1`, … */
function endOfOptions(read: TcpSynOptions, bytes: Uint8Array, at: number, end: number): void {
  const padding = end - at - 1;
  append(read, 'EOL', padding === 0 ? 'eol' : `eol+${padding}`);
  if (!isZero(bytes, at + 1, end)) read.quirks |= synOptionQuirks.trail;
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false;
  return true;
}
