/** How Initial packets of a version are protected and told apart from the other long headers. */
export interface QuicVersion {
  /** The version field. */
  readonly code: number;
  /** The salt of HKDF-Extract (RFC 9001, 5.2). */
  readonly salt: Uint8Array;
  /** What stands before `key`, `iv` and `hp` in the labels of HKDF-Expand. */
  readonly label: 'quic ' | 'quicv2 ';
  /** Value of the two type bits for Initial, 0-RTT, Handshake and Retry (RFC 9000, 17.2; RFC 9369, 3.2). */
  readonly types: 'v1' | 'v2';
  /** Type of the frames that hold TLS: 6 (RFC 9000, 19.6), and 8 where Google mixed TLS with its own frames. */
  readonly cryptoFrame: number;
}

/**
 * Why a version is not read.
 * - `gquic`: Google's QUIC up to Q049, `q050`: the last one. Their Initials hold no TLS.
 * - `gquic-tls`: Google's with TLS, T048 and T049; T050 and T051 are nearly as a draft, and read.
 * - `draft`: an IETF draft before 22 (other header) or after 34 (there was none).
 * - `grease`: `0x?a?a?a?a`, which no server speaks (RFC 9000, 15).
 * - `unknown`: any other code.
 */
export type QuicVersionRefusal = 'gquic' | 'q050' | 'gquic-tls' | 'draft' | 'grease' | 'unknown';

const salts = {
  // draft-ietf-quic-tls-21 and -22, 5.2.
  draft22: '7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a',
  // draft-ietf-quic-tls-23 to -28, 5.2.
  draft23: 'c3eef712c72ebb5a11a7d2432bb46365bef9f502',
  // draft-ietf-quic-tls-29 to -32, 5.2.
  draft29: 'afbfec289993d24c9e9786f19c6111e04390a899',
  // Chromium's crypto_utils.cc, "kT050Salt" and "kT051Salt".
  t050: '7ff579e5acd072915580304c43a2367c60488310',
  t051: '7a4edef4e7ccee5fa4506c19124fc8ccda6e033d',
  // RFC 9001, 5.2; since draft-ietf-quic-tls-33.
  v1: '38762cf7f55934b34d179ae6a4c80cadccbb7f0a',
  // draft-ietf-quic-v2-01 to -05, 3.2.
  v2Draft: 'a707c203a59b47184a1d62ca570406ea7ae3e5d3',
  // RFC 9369, 3.3.1.
  v2: '0dede3def700a6db819381be6e269dcbf9bd2ed9',
};

const saltOf: readonly (readonly [code: number, salt: keyof typeof salts])[] = [
  [1, 'v1'],
  [0x6b3343cf, 'v2'],
  [0x709a50c4, 'v2Draft'],
  [0x54303530, 't050'],
  [0x54303531, 't051'],
  [0xff000016, 'draft22'],
  ...range(0xff000017, 0xff00001c).map((code) => [code, 'draft23'] as const),
  ...range(0xff00001d, 0xff000020).map((code) => [code, 'draft29'] as const),
  ...range(0xff000021, 0xff000022).map((code) => [code, 'v1'] as const),
  // mvfst, Meta's QUIC: the first kept the salt of draft 22, one is an alias of version 1, the others
  // (also its experimental and alias codes) keep that of draft 23.
  [0xfaceb001, 'draft22'],
  [0xfaceb003, 'v1'],
  ...[0xfaceb002, 0xfaceb00e, ...range(0xfaceb010, 0xfaceb013)].map((code) => [code, 'draft23'] as const),
];

const versions: ReadonlyMap<number, QuicVersion> = new Map(
  saltOf.map(([code, salt]) => {
    const isV2 = salt === 'v2' || salt === 'v2Draft';
    const version: QuicVersion = {
      code,
      salt: bytesOf(salts[salt]),
      label: isV2 ? 'quicv2 ' : 'quic ',
      types: isV2 ? 'v2' : 'v1',
      cryptoFrame: salt === 't050' || salt === 't051' ? 0x08 : 0x06,
    };
    return [code, version];
  }),
);

/** RFC 9000: what nearly every packet says. */
const version1 = versions.get(1);

/**
 * Versions whose keys may also be those of a code that is reserved or unknown: clients that force a version
 * negotiation, and private versions, protect their first packets like this.
 */
export const guessedVersions: readonly QuicVersion[] = [0x00000001, 0xff00001d].flatMap(
  (code) => versions.get(code) ?? [],
);

/** The version with this code (unsigned 32 bits), if its Initials can be read. */
export function quicVersion(code: number): QuicVersion | undefined {
  return code === 1 ? version1 : versions.get(code);
}

/** Names why {@link quicVersion} knows nothing of a code. */
export function refusedVersion(code: number): QuicVersionRefusal {
  const family = code >>> 16;
  const [ten, one] = [(code >>> 8) & 0xff, code & 0xff];
  // "Q0", "T0" and two digits.
  if ((family === 0x5130 || family === 0x5430) && isDigit(ten) && isDigit(one)) {
    if (family === 0x5430) return 'gquic-tls';
    return ten === 0x35 ? 'q050' : 'gquic';
  }
  if (code >>> 8 === 0xff0000) return 'draft';
  // Signed, as bit operators give it.
  return (code & 0x0f0f0f0f) === 0x0a0a0a0a ? 'grease' : 'unknown';
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}
