import { heldMemory } from '../packages/sentinel/src/held-memory.test-support.ts';
import type { Coverage } from './coverage.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { dictionaryOf, mutate } from './mutate.ts';
import { randomFrom } from './random.ts';

/** Something wrong that an input brought about. */
interface Finding {
  readonly kind: 'exception' | 'slow' | 'memory';
  readonly text: string;
  readonly input: Uint8Array;
}

export interface CampaignOptions {
  readonly seed: number;
  /** CPU time to spend, seconds. */
  readonly seconds: number;
  /** One input may take this long; milliseconds. */
  readonly deadlineMs: number;
  /** The heap may grow by this much over its size after the seeds; bytes. */
  readonly heapGrowth: number;
  /** Inputs found by earlier campaigns. */
  readonly corpus: readonly Uint8Array[];
  /** Called before each input, so that a watchman knows what hangs. */
  readonly beforeInput: (input: Uint8Array) => void;
  readonly onFinding: (finding: Finding) => void;
  readonly onInteresting: (input: Uint8Array) => void;
}

export interface CampaignResult {
  executions: number;
  cpuSeconds: number;
  /** Inputs that each reached something new. */
  corpus: number;
  /** Findings that differ in their message. */
  findings: number;
  heapGrowth: number;
}

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Inputs between two looks at the memory that is held, which cost some milliseconds. */
const heldMemoryEvery = 8192;

/**
 * Mutates inputs for a while; keeps each one that runs a branch never run before, or an order of magnitude more
 * often, and mutates those further. The same seed and corpus give the same inputs.
 */
export function runCampaign(
  target: FuzzTarget,
  coverage: Coverage,
  options: CampaignOptions,
): CampaignResult {
  const random = randomFrom(options.seed);
  const corpus: Uint8Array[] = [];
  const reported = new Set<string>();
  const started = cpuSeconds();
  const result: CampaignResult = { executions: 0, cpuSeconds: 0, corpus: 0, findings: 0, heapGrowth: 0 };

  const report = (finding: Finding) => {
    // One line of the stack tells two faults apart whose messages are alike.
    const key = `${finding.kind} ${finding.text.split('\n').slice(0, 2).join(' ')}`;
    if (reported.has(key)) return;
    reported.add(key);
    result.findings++;
    options.onFinding(finding);
  };

  const run = (input: Uint8Array): number => {
    options.beforeInput(input);
    coverage.clear();
    const from = performance.now();
    try {
      target.run(input);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      report({ kind: 'exception', text, input });
    }
    result.executions++;
    return performance.now() - from;
  };

  const attempt = (input: Uint8Array): boolean => {
    const took = run(input);
    const isNew = coverage.isNew();
    // Twice: the machine may have been busy, or collecting garbage.
    if (took > options.deadlineMs && run(input) > options.deadlineMs)
      report({ kind: 'slow', text: `more than ${options.deadlineMs} ms`, input });
    return isNew;
  };

  for (const input of [...target.seeds(), ...options.corpus]) if (attempt(input)) corpus.push(input);
  const dictionary = dictionaryOf(coverage.literals);
  const heapBefore = heldMemory();
  while (true) {
    // New inputs lie at the end: half of the time one of the last is taken.
    const recent = Math.min(corpus.length, 32);
    const at =
      random.below(2) === 0 ? random.below(corpus.length) : corpus.length - recent + random.below(recent);
    const input = mutate(corpus[at] ?? new Uint8Array(), random, {
      dictionary,
      corpus,
      longest: target.longest,
    });
    if (attempt(input)) {
      corpus.push(input);
      options.onInteresting(input);
    }
    if (result.executions % 256 !== 0) continue;
    if (result.executions % heldMemoryEvery === 0)
      result.heapGrowth = Math.max(result.heapGrowth, heldMemory() - heapBefore);
    if (result.heapGrowth > options.heapGrowth)
      report({ kind: 'memory', text: `the heap grew by more than ${options.heapGrowth} bytes`, input });
    if (cpuSeconds() - started >= options.seconds) break;
  }
  result.cpuSeconds = cpuSeconds() - started;
  result.corpus = corpus.length;
  return result;
}
