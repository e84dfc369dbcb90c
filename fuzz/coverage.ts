import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { instrument } from './instrument.ts';

declare global {
  var fuzzCounters: Uint8Array;
}

/** More branches than all instrumented modules have together. */
const mostBlocks = 1 << 15;

/** Which branches ran, and how often, while one input was tried. */
export class Coverage {
  readonly #counters = new Uint8Array(mostBlocks);
  readonly #words = new Uint32Array(this.#counters.buffer);
  /** For each branch, the orders of magnitude of its counts that were seen, a bit each. */
  readonly #seen = new Uint8Array(mostBlocks);
  readonly #modules: { name: string; first: number; blocks: number }[] = [];
  readonly literals = new Set<number | string>();
  #blocks = 0;

  /** Instruments every module below `folders` (file URLs) that this thread loads from now on. */
  constructor(folders: readonly string[]) {
    globalThis.fuzzCounters = this.#counters;
    registerHooks({
      load: (url, context, nextLoad) => {
        if (!url.endsWith('.ts') || !folders.some((folder) => url.startsWith(folder)))
          return nextLoad(url, context);
        const name = fileURLToPath(url);
        const module = instrument(name, readFileSync(name, 'utf8'), this.#blocks);
        this.#modules.push({ name, first: this.#blocks, blocks: module.blocks });
        this.#blocks += module.blocks;
        if (this.#blocks > mostBlocks) throw new Error('more branches than the coverage map holds');
        for (const literal of module.literals) this.literals.add(literal);
        return { format: 'module', shortCircuit: true, source: module.source };
      },
    });
  }

  /** Forgets what ran; call it before each input. */
  clear(): void {
    this.#counters.fill(0, 0, this.#blocks);
  }

  /** Whether the last input ran a branch never run before, or one an order of magnitude more often. */
  isNew(): boolean {
    let isNew = false;
    const words = (this.#blocks + 3) >>> 2;
    for (let word = 0; word < words; word++) {
      if (this.#words[word] === 0) continue;
      for (let block = word * 4; block < word * 4 + 4; block++) {
        const count = this.#counters[block]!;
        if (count === 0) continue;
        const magnitude = 1 << (31 - Math.clz32(count));
        if ((this.#seen[block]! & magnitude) === 0) {
          this.#seen[block]! |= magnitude;
          isNew = true;
        }
      }
    }
    return isNew;
  }

  /** Branches that ran at least once so far, and how many there are. */
  summary(): {
    reached: number;
    blocks: number;
    modules: { name: string; reached: number; blocks: number }[];
  } {
    const reachedIn = (first: number, blocks: number) =>
      this.#seen.subarray(first, first + blocks).reduce((sum, seen) => sum + (seen === 0 ? 0 : 1), 0);
    return {
      reached: reachedIn(0, this.#blocks),
      blocks: this.#blocks,
      modules: this.#modules.map(({ name, first, blocks }) => ({
        name,
        reached: reachedIn(first, blocks),
        blocks,
      })),
    };
  }
}
