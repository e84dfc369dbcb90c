/**
 * Classic BPF (bpf(4), Linux' filter.rst): the machine that the kernel runs on every packet before it
 * reaches a socket. Programs are written as statements with labels and assembled to instructions.
 */

/** One instruction as the kernel takes it (`struct sock_filter`). */
export interface BpfInstruction {
  readonly code: number;
  /** Instructions to skip when the condition holds, and when not (0–255). */
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** A statement of a program: an instruction, or the name of the place of the next one. */
export type BpfStatement =
  | { readonly label: string }
  | { readonly code: number; readonly k: number; readonly yes?: string; readonly no?: string };

/** Bits of `code` (linux/bpf_common.h). */
export const bpf = {
  LD: 0x00,
  LDX: 0x01,
  ST: 0x02,
  STX: 0x03,
  ALU: 0x04,
  JMP: 0x05,
  RET: 0x06,
  MISC: 0x07,
  W: 0x00,
  H: 0x08,
  B: 0x10,
  IMM: 0x00,
  ABS: 0x20,
  IND: 0x40,
  MEM: 0x60,
  LEN: 0x80,
  MSH: 0xa0,
  ADD: 0x00,
  AND: 0x50,
  LSH: 0x60,
  RSH: 0x70,
  JA: 0x00,
  JEQ: 0x10,
  JGT: 0x20,
  JSET: 0x40,
  K: 0x00,
  X: 0x08,
  TAX: 0x00,
  TXA: 0x80,
} as const;

/** Loads from these absolute offsets read facts about the packet (linux/filter.h, SKF_AD_*). */
export const ancillary = {
  /** EtherType, in host order. */
  protocol: 0xfffff000,
  /** PACKET_HOST, PACKET_OUTGOING, … */
  packetType: 0xfffff000 + 4,
} as const;

/** The most instructions that the kernel takes (BPF_MAXINSNS). */
export const maxInstructions = 4096;

type Size = typeof bpf.W | typeof bpf.H | typeof bpf.B;

export const at = (label: string): BpfStatement => ({ label });
/** A ← packet[k] */
export const load = (size: Size, k: number): BpfStatement => ({ code: bpf.LD | size | bpf.ABS, k });
/** A ← packet[X + k] */
export const loadIndexed = (size: Size, k: number): BpfStatement => ({ code: bpf.LD | size | bpf.IND, k });
/** A ← k */
export const setA = (k: number): BpfStatement => ({ code: bpf.LD | bpf.IMM, k });
/** X ← k */
export const setX = (k: number): BpfStatement => ({ code: bpf.LDX | bpf.IMM, k });
/** M[k] ← A. The kernel refuses a program that reads a word on any way before it is stored. */
export const store = (k: number): BpfStatement => ({ code: bpf.ST, k });
/** M[k] ← X */
export const storeX = (k: number): BpfStatement => ({ code: bpf.STX, k });
/** A ← M[k] */
export const recall = (k: number): BpfStatement => ({ code: bpf.LD | bpf.MEM, k });
/** X ← M[k] */
export const recallX = (k: number): BpfStatement => ({ code: bpf.LDX | bpf.MEM, k });
export const and = (k: number): BpfStatement => ({ code: bpf.ALU | bpf.AND | bpf.K, k });
export const shiftRight = (k: number): BpfStatement => ({ code: bpf.ALU | bpf.RSH | bpf.K, k });
export const add = (k: number): BpfStatement => ({ code: bpf.ALU | bpf.ADD | bpf.K, k });
export const shiftLeft = (k: number): BpfStatement => ({ code: bpf.ALU | bpf.LSH | bpf.K, k });
/** A ← A + X */
export const addX = (): BpfStatement => ({ code: bpf.ALU | bpf.ADD | bpf.X, k: 0 });
/** X ← A */
export const moveToX = (): BpfStatement => ({ code: bpf.MISC | bpf.TAX, k: 0 });
/** A ← X */
export const moveToA = (): BpfStatement => ({ code: bpf.MISC | bpf.TXA, k: 0 });
export const jump = (label: string): BpfStatement => ({ code: bpf.JMP | bpf.JA, k: 0, yes: label });

/** Labels of a conditional jump; a branch that is left out goes on with the next statement. */
interface Branches {
  readonly yes?: string;
  readonly no?: string;
}
export const ifEqual = (k: number, branches: Branches): BpfStatement => ({
  code: bpf.JMP | bpf.JEQ | bpf.K,
  k,
  ...branches,
});
/** A & k ≠ 0 */
export const ifAnyBit = (k: number, branches: Branches): BpfStatement => ({
  code: bpf.JMP | bpf.JSET | bpf.K,
  k,
  ...branches,
});
/** A > X */
export const ifGreaterThanX = (branches: Branches): BpfStatement => ({
  code: bpf.JMP | bpf.JGT | bpf.X,
  k: 0,
  ...branches,
});
/** Ends the program: keep this many bytes of the packet, 0 = drop it. */
export const keep = (bytes: number): BpfStatement => ({ code: bpf.RET | bpf.K, k: bytes });

/**
 * Resolves labels. Throws on a label that is missing or behind, and on a conditional jump over more than
 * 255 instructions (put a `jump` in between): bugs of the program's author.
 */
export function assemble(statements: readonly BpfStatement[]): BpfInstruction[] {
  const places = new Map<string, number>();
  let count = 0;
  for (const statement of statements) {
    if ('label' in statement) places.set(statement.label, count);
    else count += 1;
  }
  const distance = (label: string | undefined, from: number, most: number): number => {
    if (label === undefined) return 0;
    const to = places.get(label);
    if (to === undefined) throw new Error(`BPF label ${label} does not exist`);
    const skipped = to - from - 1;
    if (skipped < 0 || skipped > most) throw new Error(`BPF label ${label} is ${skipped} instructions away`);
    return skipped;
  };
  const instructions: BpfInstruction[] = [];
  for (const statement of statements) {
    if ('label' in statement) continue;
    const from = instructions.length;
    const { code, yes, no } = statement;
    if (code === (bpf.JMP | bpf.JA)) {
      instructions.push({ code, jt: 0, jf: 0, k: distance(yes, from, 0xffffffff) });
    } else {
      instructions.push({
        code,
        jt: distance(yes, from, 255),
        jf: distance(no, from, 255),
        k: statement.k >>> 0,
      });
    }
  }
  return instructions;
}

/** `struct sock_filter[]`: u16 code, u8 jt, u8 jf, u32 k, in the machine's (little) byte order. */
export function encodeProgram(program: readonly BpfInstruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [i, { code, jt, jf, k }] of program.entries()) {
    view.setUint16(i * 8, code, true);
    view.setUint8(i * 8 + 2, jt);
    view.setUint8(i * 8 + 3, jf);
    view.setUint32(i * 8 + 4, k, true);
  }
  return bytes;
}
