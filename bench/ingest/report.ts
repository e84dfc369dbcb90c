import { type Target, targetLines } from '../report/target.ts';
import type { ParseBaseline } from './parse-baseline.ts';
import type { PipelineRun } from './pipeline-run.ts';
import type { ProfileLine } from './profile-summary.ts';
import type { StoreAlone } from './store-alone.ts';

export interface Report {
  readonly benchmark: 'ingest';
  readonly machine: string;
  /** Runnable threads on the machine, averaged over the last minute. */
  readonly load: number;
  readonly max_dgram_qlen: number;
  readonly results: {
    readonly parsing: ParseBaseline;
    readonly sustained: PipelineRun;
    readonly steady?: PipelineRun;
    readonly storeAlone: readonly StoreAlone[];
    /** By service and thread. */
    readonly profiles?: Readonly<Record<string, readonly ProfileLine[]>>;
  };
  readonly targets: readonly Target[];
}

const whole = (value: number, width = 0) => Math.round(value).toString().padStart(width);

function runLines(title: string, run: PipelineRun): string[] {
  const { sent } = run;
  const lines = [
    `${title}: ${whole(run.requestsPerSecond)} requests/s for ${run.seconds.toFixed(1)} s, ${sent.requests} sent in ${sent.seconds.toFixed(1)} s with ${sent.handshakes} handshakes of ${sent.visitors} visitors`,
    `  ${run.stored} stored, ${run.aggregated} aggregated, ${run.correlated} with their handshake; ${whole(run.rowsPerBatch)} rows a batch, ${run.mostRowsWaiting} waited at most`,
    `  sender      ${((sent.cpuSeconds / sent.requests) * 1e6).toFixed(1).padStart(6)} µs CPU/request`,
  ];
  for (const { name, cpuMicrosecondsPerRequest, megabytes, threads } of run.services) {
    const { early, end, peak } = megabytes;
    lines.push(
      `  ${name.padEnd(11)} ${cpuMicrosecondsPerRequest.toFixed(1).padStart(6)} µs CPU/request, ${whole(early)} MB early, ${whole(end)} at the end, ${whole(peak)} at most; ` +
        threads
          .filter(([, seconds]) => seconds > 0.01 * run.seconds)
          .map(([thread, seconds]) => `${thread} ${seconds.toFixed(1)} s`)
          .join(', '),
    );
  }
  const mishaps = Object.entries(run.mishaps).map(([name, value]) => `${name} ${value}`);
  if (mishaps.length > 0) lines.push(`  ${mishaps.join(', ')}`);
  return lines;
}

export function print(report: Report): void {
  const { parsing, sustained, steady, storeAlone } = report.results;
  const lines = [
    `${report.machine}, load ${report.load.toFixed(1)}, net.unix.max_dgram_qlen ${report.max_dgram_qlen}`,
    `JSON.parse alone, one thread: ${whole(parsing.requestsPerSecond)} requests/s, ${parsing.microsecondsPerRequest.toFixed(2)} µs each (${whole(parsing.bytesPerRequest)} bytes, handshakes included in the time)`,
    '',
    ...runLines('as fast as it goes', sustained),
    ...(steady === undefined ? [] : ['', ...runLines('half of it', steady)]),
  ];
  if (storeAlone.length > 0)
    lines.push('', 'the store alone, all views            rows/block     rows/s   µs CPU/row   bytes/row');
  for (const { format, rowsPerBlock, rowsPerSecond, cpuMicrosecondsPerRow, bytesPerRow } of storeAlone)
    lines.push(
      `  ${format.padEnd(34)}${whole(rowsPerBlock, 12)}${whole(rowsPerSecond, 11)}${cpuMicrosecondsPerRow.toFixed(1).padStart(13)}${whole(bytesPerRow, 12)}`,
    );
  for (const [thread, functions] of Object.entries(report.results.profiles ?? {})) {
    const dear = functions.filter(({ seconds }) => seconds > 0.1);
    if (dear.length === 0) continue;
    lines.push('', `own time of functions: ${thread}`);
    for (const { place, seconds } of dear) lines.push(`  ${seconds.toFixed(2).padStart(7)} s  ${place}`);
  }
  lines.push('');
  lines.push(...targetLines(report.targets));
  process.stdout.write(`${lines.join('\n')}\n`);
}
