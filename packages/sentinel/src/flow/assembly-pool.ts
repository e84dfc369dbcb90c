import type { FlowLimits } from './flow-limits.ts';
import { type Addition, HelloAssembly } from './hello-assembly.ts';
import { PlacedBytes, usualHelloSize } from './placed-bytes.ts';

/** The bytes that are held for streams, by slot, with an account of how many there are. */
export class AssemblyPool {
  heldBytes = 0;
  readonly #limits: FlowLimits;
  /** Ascending by the time at which they were begun. */
  readonly #assemblies = new Map<number, HelloAssembly>();
  /**
   * What held the bytes of streams that are done, for the next ones: a flood of half hellos otherwise outruns the garbage
   * collector. There are never more of them than the bound on held bytes allowed to be in use.
   */
  readonly #spare: PlacedBytes[] = [];

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
    const placed = this.#spare.pop() ?? new PlacedBytes();
    placed.reset();
    const assembly = new HelloAssembly(base, segmentsPerFlow, bytesPerFlow, placed);
    this.#assemblies.set(slot, assembly);
    this.heldBytes += placed.size;
    return assembly;
  }

  /** Adds a segment to one of the assemblies. */
  add(assembly: HelloAssembly, sequence: number, buffer: Uint8Array, start: number, end: number): Addition {
    const { size } = assembly.placed;
    const addition = assembly.add(sequence, buffer, start, end);
    this.heldBytes += assembly.placed.size - size;
    return addition;
  }

  end(slot: number): void {
    const assembly = this.#assemblies.get(slot);
    if (assembly === undefined) return;
    const { placed } = assembly;
    this.heldBytes -= placed.size;
    if (placed.size <= usualHelloSize) this.#spare.push(placed);
    this.#assemblies.delete(slot);
  }

  /** The slot for which bytes have been held for the longest time, or -1. */
  longestHeld(): number {
    for (const slot of this.#assemblies.keys()) return slot;
    return -1;
  }
}
