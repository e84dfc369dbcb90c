/** A handshake message in TLS records whose contents end at the given offsets (ascending, inside it). */
export function handshakeRecords(message: Uint8Array, cuts: readonly number[] = []): Uint8Array {
  const bounds = [0, ...cuts, message.length];
  const bytes: number[] = [];
  for (let i = 0; i + 1 < bounds.length; i++) {
    const part = message.subarray(bounds[i], bounds[i + 1]);
    if (part.length > 0) bytes.push(22, 3, 1, part.length >> 8, part.length & 0xff, ...part);
  }
  return Uint8Array.from(bytes);
}
