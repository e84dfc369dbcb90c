import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CampaignResult } from './campaign.ts';
import type { Coverage } from './coverage.ts';

/** What a campaign's thread is told. */
export interface WorkerOrder {
  readonly target: string;
  /** URL of the module that exports it. */
  readonly module: string;
  readonly seed: number;
  readonly seconds: number;
  readonly deadlineMs: number;
  readonly heapGrowth: number;
  /** Where its corpus and findings lie. */
  readonly folder: string;
  /** Folders, as file URLs, whose modules are instrumented. */
  readonly instrumented: readonly string[];
  /** Number of the input being tried, its length, and its bytes. */
  readonly shared: SharedArrayBuffer;
}

/** What it tells at its end. */
export interface WorkerReport extends CampaignResult {
  readonly coverage: ReturnType<Coverage['summary']>;
}

const tickMs = 250;

/**
 * Runs a campaign in a thread of its own and watches it: an input that never comes back is saved and the
 * thread ended. Rejects with what happened then.
 * @param hangMs an input on which nothing comes back for this long hangs
 */
export function runWatched(
  order: Omit<WorkerOrder, 'shared'>,
  hangMs: number = 10_000,
): Promise<WorkerReport> {
  const shared = new SharedArrayBuffer(8 + 4 * 1024 * 1024);
  const heartbeat = new Int32Array(shared, 0, 2);
  const worker = new Worker(new URL('./fuzz.worker.ts', import.meta.url), {
    workerData: { ...order, shared } satisfies WorkerOrder,
  });
  return new Promise((resolve, reject) => {
    let last = -1;
    // Ticks, not times: a process that was stopped for a while has not hung.
    let idleTicks = 0;
    const watch = setInterval(() => {
      const now = Atomics.load(heartbeat, 0);
      idleTicks = now === last ? idleTicks + 1 : 0;
      last = now;
      if (now === 0 || idleTicks * tickMs < hangMs) return;
      const folder = join(order.folder, 'findings');
      mkdirSync(folder, { recursive: true });
      const path = join(folder, `hang-${now}`);
      writeFileSync(path, new Uint8Array(shared.slice(8, 8 + Atomics.load(heartbeat, 1))));
      clearInterval(watch);
      void worker.terminate();
      reject(new Error(`${order.target}: an input hangs: ${path}`));
    }, tickMs);
    worker.once('message', (report: WorkerReport) => {
      clearInterval(watch);
      resolve(report);
    });
    worker.once('error', (error) => {
      clearInterval(watch);
      reject(error);
    });
    worker.once('exit', (code) => {
      clearInterval(watch);
      reject(new Error(`${order.target}: the thread ended early (${code})`));
    });
  });
}
