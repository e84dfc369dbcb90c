/**
 * The canonical text of 16 bytes of an address at `offset` (RFC 5952); IPv4-mapped addresses are dotted IPv4.
 */
export function readAddress(bytes: Uint8Array, offset: number): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 16);
  if (view.getBigUint64(0) === 0n && view.getUint32(8) === 0xffff)
    return Array.from(bytes.subarray(offset + 12, offset + 16)).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(i * 2).toString(16));
  const { start, length } = longestZeros(groups);
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

/** The first longest run of zero groups (RFC 5952 sections 4.2.2 and 4.2.3). */
function longestZeros(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [i, group] of groups.entries()) {
    length = group === '0' ? length + 1 : 0;
    if (length > best.length) best = { start: i - length + 1, length };
  }
  return best;
}
