import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { runCampaign } from './campaign.ts';
import { Coverage } from './coverage.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import type { WorkerOrder, WorkerReport } from './watch.ts';

const order = workerData as WorkerOrder;
const corpusDir = join(order.folder, 'corpus');
const findingsDir = join(order.folder, 'findings');
mkdirSync(corpusDir, { recursive: true });
mkdirSync(findingsDir, { recursive: true });

const nameOf = (input: Uint8Array) => createHash('sha1').update(input).digest('hex').slice(0, 16);

/** The first word is the number of the input being tried, the second its length, then come its bytes. */
const heartbeat = new Int32Array(order.shared, 0, 2);
const beforeInput = (input: Uint8Array) => {
  const held = Math.min(input.length, order.shared.byteLength - 8);
  new Uint8Array(order.shared, 8).set(input.subarray(0, held));
  Atomics.store(heartbeat, 1, held);
  Atomics.add(heartbeat, 0, 1);
};

// Coverage first: only what is loaded after it is instrumented.
const coverage = new Coverage(order.instrumented);
const { target } = (await import(order.module)) as { target: FuzzTarget };
const result = runCampaign(target, coverage, {
  seed: order.seed,
  seconds: order.seconds,
  deadlineMs: order.deadlineMs,
  heapGrowth: order.heapGrowth,
  corpus: readdirSync(corpusDir)
    .toSorted()
    .map((name) => readFileSync(join(corpusDir, name))),
  beforeInput,
  onFinding: ({ kind, text, input }) => {
    const path = join(findingsDir, `${kind}-${nameOf(input)}`);
    writeFileSync(path, input);
    process.stdout.write(`${order.target}: ${kind}: ${text}\n  ${path}\n`);
  },
  onInteresting: (input) => writeFileSync(join(corpusDir, nameOf(input)), input),
});
parentPort?.postMessage({ ...result, coverage: coverage.summary() } satisfies WorkerReport);
