import { ancillary, type BpfInstruction, bpf } from './bpf.ts';

/** Of the Linux cooked header (LINKTYPE_LINUX_SLL), in bytes: packet type, …, protocol, then the packet. */
const cooked = { packetType: 0, protocol: 14, length: 16 } as const;

/**
 * A program for packets with a Linux cooked header, as a program for a cooked socket, where packets begin
 * behind that header and the kernel answers for its fields. What `tcpdump -i any` does before it attaches
 * a filter. Undefined when the program reads the sender's link-layer address, which a filter cannot.
 */
export function withoutCookedHeader(program: readonly BpfInstruction[]): BpfInstruction[] | undefined {
  const moved: BpfInstruction[] = [];
  for (const instruction of program) {
    const k = readsPacket(instruction.code) ? behindHeader(instruction.k) : instruction.k;
    if (k === undefined) return undefined;
    moved.push({ ...instruction, k });
  }
  return moved;
}

function readsPacket(code: number): boolean {
  const kind = code & 0x07;
  const mode = code & 0xe0;
  if (kind === bpf.LDX) return mode === bpf.MSH;
  return kind === bpf.LD && (mode === bpf.ABS || mode === bpf.IND);
}

function behindHeader(k: number): number | undefined {
  // Offsets from here on are ancillary already.
  if (k >= 0x80000000) return k;
  if (k >= cooked.length) return k - cooked.length;
  if (k === cooked.protocol) return ancillary.protocol;
  return k === cooked.packetType ? ancillary.packetType : undefined;
}
