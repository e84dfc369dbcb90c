import { type BpfInstruction, bpf } from './bpf.ts';

/** A packet as a cooked socket's filter sees it: from the IP header (or an inner VLAN tag) on. */
export interface FilteredPacket {
  readonly bytes: Uint8Array;
  readonly etherType: number;
  /** 0 = to this host, 4 = sent by it. */
  readonly packetType: number;
}

/**
 * Runs a classic BPF program as the kernel does: how many bytes it keeps. A load behind the packet's end
 * drops the packet. Throws on an instruction that none of our programs may contain.
 */
export function runFilter(program: readonly BpfInstruction[], packet: FilteredPacket): number {
  const view = new DataView(packet.bytes.buffer, packet.bytes.byteOffset, packet.bytes.length);
  const scratch = new Uint32Array(16);
  let a = 0;
  let x = 0;
  const read = (size: number, offset: number): number | undefined => {
    if (offset === 0xfffff000) return packet.etherType;
    if (offset === 0xfffff004) return packet.packetType;
    const bytes = size === bpf.W ? 4 : size === bpf.H ? 2 : 1;
    if (offset + bytes > view.byteLength) return undefined;
    if (bytes === 4) return view.getUint32(offset);
    return bytes === 2 ? view.getUint16(offset) : view.getUint8(offset);
  };
  for (let at = 0; ; at++) {
    const instruction = program[at];
    if (instruction === undefined) throw new Error('the program has no end');
    const { code, jt, jf, k } = instruction;
    const size = code & 0x18;
    const operand = (code & 0x08) !== 0 ? x : k;
    switch (code & 0x07) {
      case bpf.RET:
        return k;
      case bpf.LD: {
        const mode = code & 0xe0;
        if (mode === bpf.IMM) a = k;
        else if (mode === bpf.MEM) a = scratch[k]!;
        else if (mode === bpf.LEN) a = view.byteLength;
        else {
          const value = read(size, mode === bpf.IND ? x + k : k);
          if (value === undefined) return 0;
          a = value;
        }
        break;
      }
      case bpf.LDX: {
        const mode = code & 0xe0;
        if (mode === bpf.MSH) {
          const value = read(bpf.B, k);
          if (value === undefined) return 0;
          x = (value & 0x0f) * 4;
        } else x = mode === bpf.MEM ? scratch[k]! : k;
        break;
      }
      case bpf.ST:
        scratch[k] = a;
        break;
      case bpf.STX:
        scratch[k] = x;
        break;
      case bpf.ALU: {
        const operation = code & 0xf0;
        if (operation === bpf.ADD) a = (a + operand) >>> 0;
        else if (operation === 0x10) a = (a - operand) >>> 0;
        else if (operation === 0x20) a = Math.imul(a, operand) >>> 0;
        else if (operation === bpf.AND) a = (a & operand) >>> 0;
        else if (operation === bpf.LSH) a = (a << operand) >>> 0;
        else if (operation === bpf.RSH) a = a >>> operand;
        else throw new Error(`unexpected BPF arithmetic ${code}`);
        break;
      }
      case bpf.JMP: {
        const condition = code & 0xf0;
        if (condition === bpf.JA) {
          at += k;
          break;
        }
        const holds =
          condition === bpf.JEQ
            ? a === operand
            : condition === bpf.JGT
              ? a > operand
              : condition === 0x30
                ? a >= operand
                : (a & operand) !== 0;
        at += holds ? jt : jf;
        break;
      }
      default:
        if ((code & 0xf8) === bpf.TAX) x = a;
        else a = x;
    }
  }
}
