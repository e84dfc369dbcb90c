import { Worker } from 'node:worker_threads';

/** What a run over damaged captures found. */
export interface VariantsReport {
  readonly captures: number;
  readonly variants: number;
  readonly packets: number;
  readonly hellos: number;
  readonly cpuSeconds: number;
  readonly slowestMs: number;
  readonly heapGrowth: number;
  readonly troubles: readonly string[];
}

/** A variant on which nothing comes back for this long hangs, milliseconds. */
const hangMs = 10_000;
const tickMs = 250;

/**
 * Reads `count` damaged copies of the captures below `folders` in a thread that is watched, and says how it
 * went.
 * @returns whether nothing went wrong
 */
export function runVariants(folders: readonly string[], count: number, seed: number): Promise<boolean> {
  // The number of the variant being read.
  const current = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./variants.worker.ts', import.meta.url), {
    workerData: { folders, count, seed, current },
  });
  return new Promise((resolve, reject) => {
    let last = 0;
    // Ticks, not times: a process that was stopped for a while has not hung.
    let idleTicks = 0;
    const watch = setInterval(() => {
      const now = Atomics.load(current, 0);
      idleTicks = now === last && now !== 0 ? idleTicks + 1 : 0;
      last = now;
      if (idleTicks * tickMs < hangMs) return;
      clearInterval(watch);
      void worker.terminate();
      reject(new Error(`variant ${now} hangs (seed ${seed})`));
    }, tickMs);
    worker.once('message', (report: VariantsReport) => {
      clearInterval(watch);
      for (const trouble of report.troubles) process.stdout.write(`${trouble}\n`);
      process.stdout.write(
        `variants: ${report.troubles.length} troubles in ${report.variants} damaged copies of ${report.captures} captures, ` +
          `${report.cpuSeconds.toFixed(1)} s of CPU, slowest ${report.slowestMs.toFixed(0)} ms, ` +
          `heap + ${Math.round(report.heapGrowth / 2 ** 20)} MiB; ${report.packets} packets, ${report.hellos} hellos\n`,
      );
      resolve(report.troubles.length === 0);
    });
    worker.once('error', (error) => {
      clearInterval(watch);
      reject(error);
    });
  });
}
