import type { FrameLayout } from '../decode/frame.ts';

/**
 * Writes the key of a packet's flow: source and destination address as four words each (IPv4 as IPv4-mapped
 * IPv6, RFC 4291 2.5.5.2), then `srcPort << 16 | dstPort`. The first four bytes of the transport header must
 * have been captured; they are the ports of TCP and of UDP alike.
 * @param key `keyWords` words, overwritten
 */
export function readFlowKey(key: Int32Array, layout: FrameLayout): void {
  const { buffer, addresses, transport } = layout;
  if (layout.ipVersion === 4) {
    key[0] = 0;
    key[1] = 0;
    key[2] = 0xffff;
    key[3] = word(buffer, addresses);
    key[4] = 0;
    key[5] = 0;
    key[6] = 0xffff;
    key[7] = word(buffer, addresses + 4);
  } else {
    for (let i = 0; i < 8; i++) key[i] = word(buffer, addresses + i * 4);
  }
  key[8] = word(buffer, transport);
}

function word(buffer: Uint8Array, at: number): number {
  return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
}
