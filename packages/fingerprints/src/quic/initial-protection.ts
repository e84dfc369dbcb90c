import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { encryptBlock } from './aes-block.ts';
import { hpAt, ivAt } from './initial-keys.ts';

const algorithm = 'aes-128-gcm';
const tagLength = 16;
/** Header protection samples as if the packet number had four bytes (RFC 9001, 5.4.2). */
const sampleDistance = 4;

const mask = new Uint8Array(16);
const nonce = new Uint8Array(12);
/** The unprotected header; tokens make it long at times. */
let associated = new Uint8Array(512);

/**
 * Decrypts the Initial packet `bytes[start, end)` whose protected packet number starts at `packetNumber`, with
 * the 44 bytes of keys at `keys[keysAt]`. The caller has made sure that 20 bytes follow `packetNumber`; the
 * packet itself is not changed. Source: RFC 9001, 5.3 and 5.4.
 * @returns the frames, or undefined when the packet is not authentic under these keys
 */
export function openInitial(
  keys: Uint8Array,
  keysAt: number,
  bytes: Uint8Array,
  start: number,
  packetNumber: number,
  end: number,
): Uint8Array | undefined {
  encryptBlock(keys, keysAt + hpAt, bytes, packetNumber + sampleDistance, mask);
  const first = bytes[start]! ^ (mask[0]! & 0x0f);
  const numberLength = (first & 3) + 1;
  const headerLength = packetNumber + numberLength - start;
  const tag = end - tagLength;
  // An empty payload is an error of protocol (RFC 9000, 12.4), and nothing to read.
  if (tag <= packetNumber + numberLength) return undefined;
  if (headerLength > associated.length) associated = new Uint8Array(2 * headerLength);
  associated.set(bytes.subarray(start, packetNumber + numberLength));
  associated[0] = first;
  makeNonce(keys, keysAt, numberLength, bytes, packetNumber, headerLength - numberLength);
  // A key object, because a cipher from raw bytes costs ten times as much to set up.
  const key = createSecretKey(keys.subarray(keysAt, keysAt + 16));
  const decipher = createDecipheriv(algorithm, key, nonce);
  decipher.setAAD(associated.subarray(0, headerLength));
  decipher.setAuthTag(bytes.subarray(tag, end));
  const frames = decipher.update(bytes.subarray(packetNumber + numberLength, tag));
  try {
    decipher.final();
  } catch {
    // What the tag of a packet under other keys, or of a damaged one, gives.
    return undefined;
  }
  return frames;
}

/**
 * The packet number, unmasked into the header, is also part of the nonce (RFC 9001, 5.3). It is taken as
 * complete: its upper bytes are left out only far beyond the few Initials that a connection has.
 */
function makeNonce(
  keys: Uint8Array,
  keysAt: number,
  numberLength: number,
  bytes: Uint8Array,
  packetNumber: number,
  headerAt: number,
): void {
  for (let i = 0; i < 12; i++) nonce[i] = keys[keysAt + ivAt + i]!;
  for (let i = 0; i < numberLength; i++) {
    const byte = bytes[packetNumber + i]! ^ mask[1 + i]!;
    associated[headerAt + i] = byte;
    nonce[12 - numberLength + i]! ^= byte;
  }
}

/**
 * The inverse of {@link openInitial}, for tests and generated traffic: protects a packet from its whole header,
 * packet number included, and its frames (4 bytes at least, less the packet number's length).
 */
export function sealInitial(
  keys: Uint8Array,
  header: Uint8Array,
  numberLength: number,
  frames: Uint8Array,
): Uint8Array {
  const numberAt = header.length - numberLength;
  const iv = keys.slice(ivAt, ivAt + 12);
  for (let i = 0; i < numberLength; i++) iv[12 - numberLength + i]! ^= header[numberAt + i]!;
  const cipher = createCipheriv(algorithm, createSecretKey(keys.subarray(0, 16)), iv);
  cipher.setAAD(header);
  const packet = Buffer.concat([header, cipher.update(frames), cipher.final(), cipher.getAuthTag()]);
  encryptBlock(keys, hpAt, packet, numberAt + sampleDistance, mask);
  packet[0]! ^= mask[0]! & 0x0f;
  for (let i = 0; i < numberLength; i++) packet[numberAt + i]! ^= mask[1 + i]!;
  return packet;
}
