import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { encryptBlock } from './aes-block.ts';
import { hpAt, ivAt } from './initial-keys.ts';

const algorithm = 'aes-128-gcm';
const tagLength = 16;
/** Header protection samples as if the packet number had four bytes (RFC 9001, 5.4.2). */
const sampleDistance = 4;
/** Zero in every packet, seen under the right keys (RFC 9000, 17.2). */
const reservedBits = 0x0c;

const mask = new Uint8Array(16);
/** The nonce, then the number of the first block of payload: GCM's 2 (NIST SP 800-38D, 7.1). */
const counterBlock = new Uint8Array(16);
counterBlock[15] = 2;
const nonce = counterBlock.subarray(0, 12);
const keyStream = new Uint8Array(16);
const authenticationTag = new Uint8Array(tagLength);
/** The unprotected header, as long as the last one: most have one length. */
let associated = new Uint8Array(0);

/**
 * Decrypts the Initial packet `bytes[start, end)` whose protected packet number starts at `packetNumber`, with
 * the 44 bytes of keys at `keys[keysAt]`. The caller has made sure that 20 bytes follow `packetNumber`; the
 * packet itself is not changed. Source: RFC 9001, 5.3 and 5.4.
 * @returns the frames, or undefined when the packet is not authentic under these keys, or starts with a frame
 * that no Initial holds. Nearly all packets under other keys are told by that, at a quarter of the cost.
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
  if ((first & reservedBits) !== 0) return undefined;
  const numberLength = (first & 3) + 1;
  const headerLength = packetNumber + numberLength - start;
  const tag = end - tagLength;
  // An empty payload is an error of protocol (RFC 9000, 12.4), and nothing to read.
  if (tag <= packetNumber + numberLength) return undefined;
  if (headerLength !== associated.length) associated = new Uint8Array(headerLength);
  for (let i = 0; i < headerLength; i++) associated[i] = bytes[start + i]!;
  associated[0] = first;
  makeNonce(keys, keysAt, numberLength, bytes, packetNumber, headerLength - numberLength);
  encryptBlock(keys, keysAt, counterBlock, 0, keyStream);
  if (!isInitialFrame(bytes[packetNumber + numberLength]! ^ keyStream[0]!)) return undefined;
  const decipher = createDecipheriv(algorithm, keyObject(keys, keysAt), nonce);
  decipher.setAAD(associated);
  for (let i = 0; i < tagLength; i++) authenticationTag[i] = bytes[tag + i]!;
  decipher.setAuthTag(authenticationTag);
  const frames = decipher.update(bytes.subarray(packetNumber + numberLength, tag));
  try {
    decipher.final();
  } catch {
    // What the tag of a packet under other keys, or of a damaged one, gives.
    return undefined;
  }
  return frames;
}

const lastKey = new Uint8Array(16);
let lastKeyObject: KeyObject | undefined;

/**
 * A cipher from the bytes of a key costs ten times as much to set up as one from an object. Packets of one
 * client come one after the other.
 */
function keyObject(keys: Uint8Array, keysAt: number): KeyObject {
  let i = 0;
  while (i < 16 && lastKey[i] === keys[keysAt + i]) i++;
  if (i === 16 && lastKeyObject !== undefined) return lastKeyObject;
  for (i = 0; i < 16; i++) lastKey[i] = keys[keysAt + i]!;
  lastKeyObject = createSecretKey(lastKey);
  return lastKeyObject;
}

/** PADDING, PING, ACK, CRYPTO, CONNECTION_CLOSE (RFC 9000, 12.4), and Google's CRYPTO. */
function isInitialFrame(type: number): boolean {
  return type <= 3 || type === 6 || type === 8 || type === 0x1c;
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
