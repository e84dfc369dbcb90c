import { digestLength, HmacKey } from './hmac-sha256.ts';
import type { QuicVersion } from './quic-version.ts';

/**
 * The keys of one direction of a connection's Initial packets as 44 bytes, so that a table of flows can hold
 * them in one array:
 *
 *     key 16 | iv 12 | header protection key 16
 */
export const initialKeysLength = 44;
export const ivAt = 16;
export const hpAt = 28;

export type QuicSide = 'client' | 'server';

/** RFC 8446, 7.1: length 2 | label's length 1, "tls13 " and label | context's length 1; then HKDF's counter 1. */
function expandInput(length: number, label: string): Uint8Array {
  const full = `tls13 ${label}`;
  return Uint8Array.of(0, length, full.length, ...[...full].map((c) => c.charCodeAt(0)), 0, 1);
}

const sideInputs: Readonly<Record<QuicSide, Uint8Array>> = {
  client: expandInput(digestLength, 'client in'),
  server: expandInput(digestLength, 'server in'),
};

interface VersionInputs {
  readonly extract: HmacKey;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly hp: Uint8Array;
}

const inputsOfVersion = new Map<QuicVersion, VersionInputs>();

function inputsOf(version: QuicVersion): VersionInputs {
  let inputs = inputsOfVersion.get(version);
  if (inputs === undefined) {
    const { salt, label } = version;
    inputs = {
      extract: new HmacKey(salt),
      key: expandInput(16, `${label}key`),
      iv: expandInput(12, `${label}iv`),
      hp: expandInput(16, `${label}hp`),
    };
    inputsOfVersion.set(version, inputs);
  }
  return inputs;
}

const secret = new Uint8Array(digestLength);
const hmac = new HmacKey();

/**
 * Derives the keys of the Initial packets that one side sends, from the destination connection id of the
 * client's first Initial at `bytes[dcid, dcid + length)` (at most 20 bytes), into `out[at, at + 44)`.
 * Source: RFC 9001, 5.2; RFC 9369, 3.3.
 */
export function deriveInitialKeys(
  version: QuicVersion,
  side: QuicSide,
  bytes: Uint8Array,
  dcid: number,
  length: number,
  out: Uint8Array,
  at: number,
): void {
  const inputs = inputsOf(version);
  inputs.extract.sign(bytes, dcid, dcid + length, secret, 0, digestLength);
  hmac.set(secret);
  const sideInput = sideInputs[side];
  hmac.sign(sideInput, 0, sideInput.length, secret, 0, digestLength);
  hmac.set(secret);
  hmac.sign(inputs.key, 0, inputs.key.length, out, at, 16);
  hmac.sign(inputs.iv, 0, inputs.iv.length, out, at + ivAt, 12);
  hmac.sign(inputs.hp, 0, inputs.hp.length, out, at + hpAt, 16);
}
