/** A parser with three faults, each behind conditions that blind luck does not meet. */
export function parse(bytes: Uint8Array): number {
  if (bytes.length < 8) return 0;
  const magic = (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!;
  if (magic !== 0x1f8b5a3c) return 1;
  let sum = 0;
  for (let i = 4; i < bytes.length; i++) sum += bytes[i] === 0x77 ? 1 : 0;
  if (sum < 3) return 2;
  if (bytes[4] === 0x99) throw new Error('the fault behind the magic number');
  if (bytes[5] === 0xee) for (;;) sum++;
  return 3;
}
