import type { FlowLimits } from './flow-limits.ts';
import { type Addition, HelloAssembly } from './hello-assembly.ts';

/** Holds a browser's hello with a post-quantum key share (about 1,900 bytes) without growing. */
const usualHelloBytes = 2048;

/** The bytes that are held for streams, by slot, with an account of how many there are. */
export class AssemblyPool {
  heldBytes = 0;
  readonly #limits: FlowLimits;
  /** Ascending by the time at which they were begun. */
  readonly #assemblies = new Map<number, HelloAssembly>();
  /**
   * Buffers of streams that are done, for the next ones: a flood of half hellos otherwise outruns the garbage
   * collector. There are never more of them than the bound on held bytes allowed to be in use.
   */
  readonly #spareBuffers: Uint8Array[] = [];

  constructor(limits: FlowLimits) {
    this.#limits = limits;
  }

  get(slot: number): HelloAssembly | undefined {
    return this.#assemblies.get(slot);
  }

  has(slot: number): boolean {
    return this.#assemblies.has(slot);
  }

  /** @param base sequence number of the first byte that is to be held */
  begin(slot: number, base: number): HelloAssembly {
    const { segmentsPerFlow, bytesPerFlow } = this.#limits;
    const bytes = this.#spareBuffers.pop() ?? new Uint8Array(Math.min(usualHelloBytes, bytesPerFlow));
    const assembly = new HelloAssembly(base, segmentsPerFlow, bytesPerFlow, bytes);
    this.#assemblies.set(slot, assembly);
    this.heldBytes += bytes.length;
    return assembly;
  }

  /** Adds a segment to one of the assemblies. */
  add(assembly: HelloAssembly, sequence: number, buffer: Uint8Array, start: number, end: number): Addition {
    const room = assembly.bytes.length;
    const addition = assembly.add(sequence, buffer, start, end);
    this.heldBytes += assembly.bytes.length - room;
    return addition;
  }

  end(slot: number): void {
    const assembly = this.#assemblies.get(slot);
    if (assembly === undefined) return;
    this.heldBytes -= assembly.bytes.length;
    if (assembly.bytes.length <= usualHelloBytes) this.#spareBuffers.push(assembly.bytes);
    this.#assemblies.delete(slot);
  }

  /** The slot for which bytes have been held for the longest time, or -1. */
  longestHeld(): number {
    for (const slot of this.#assemblies.keys()) return slot;
    return -1;
  }
}
