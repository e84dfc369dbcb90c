/** Blocks of pcapng files, for tests. */
export class PcapngWriter {
  readonly #littleEndian: boolean;

  constructor(littleEndian = true) {
    this.#littleEndian = littleEndian;
  }

  section(): Uint8Array {
    return this.block(0x0a0d0d0a, [
      ...this.uint32(0x1a2b3c4d),
      ...this.uint16(1),
      ...this.uint16(0),
      ...new Array<number>(8).fill(0xff),
    ]);
  }

  interface(linkType: number, options: readonly { code: number; value: readonly number[] }[] = [], snap = 0) {
    const written = options.flatMap(({ code, value }) => [
      ...this.uint16(code),
      ...this.uint16(value.length),
      ...padded(value),
    ]);
    const fixed = [...this.uint16(linkType), ...this.uint16(0), ...this.uint32(snap)];
    return this.block(1, [...fixed, ...written, 0, 0, 0, 0]);
  }

  /** @param time in the units of the interface */
  enhanced(interfaceId: number, time: bigint, packet: Uint8Array): Uint8Array {
    return this.block(6, [...this.uint32(interfaceId), ...this.#timeAndData(time, packet)]);
  }

  /** The obsolete packet block. */
  packet(interfaceId: number, time: bigint, packet: Uint8Array): Uint8Array {
    const ids = [...this.uint16(interfaceId), ...this.uint16(0)];
    return this.block(2, [...ids, ...this.#timeAndData(time, packet)]);
  }

  simple(packet: Uint8Array): Uint8Array {
    return this.block(3, [...this.uint32(packet.length), ...padded(packet)]);
  }

  block(type: number, body: readonly number[]): Uint8Array {
    const content = padded(body);
    const length = this.uint32(12 + content.length);
    return Uint8Array.from([...this.uint32(type), ...length, ...content, ...length]);
  }

  uint32(value: number): number[] {
    const bytes = [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
    return this.#littleEndian ? bytes.reverse() : bytes;
  }

  uint16(value: number): number[] {
    const bytes = [value >> 8, value & 0xff];
    return this.#littleEndian ? bytes.reverse() : bytes;
  }

  #timeAndData(time: bigint, packet: Uint8Array): number[] {
    const lengths = [...this.uint32(packet.length), ...this.uint32(packet.length)];
    const halves = [...this.uint32(Number(time >> 32n)), ...this.uint32(Number(time & 0xffffffffn))];
    return [...halves, ...lengths, ...padded(packet)];
  }
}

function padded(bytes: Iterable<number>): number[] {
  const copy = [...bytes];
  while (copy.length % 4 !== 0) copy.push(0);
  return copy;
}
