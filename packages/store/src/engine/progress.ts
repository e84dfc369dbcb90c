import { setTimeout as sleep } from 'node:timers/promises';
import { jobFilter } from './job.ts';

/** How far a running statement is. */
export interface Progress {
  readRows: number;
  readBytes: number;
  totalRowsToRead: number;
  writtenRows: number;
  writtenBytes: number;
  memoryBytes: number;
}

const none: Progress = {
  readRows: 0,
  readBytes: 0,
  totalRowsToRead: 0,
  writtenRows: 0,
  writtenBytes: 0,
  memoryBytes: 0,
};

/**
 * Runs a task and reports the progress of its job at intervals; a job that still waits for its place has none.
 * @param control runs a short statement beside the lanes
 */
export async function whileReporting<T>(
  jobId: string,
  everyMs: number,
  control: (sql: string, format: string) => Promise<Uint8Array>,
  report: (progress: Progress) => void,
  task: () => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const reports = async (): Promise<void> => {
    for (;;) {
      await sleep(everyMs, undefined, { signal: ended.signal });
      const progress = await jobProgress(jobId, control);
      if (ended.signal.aborted) return;
      report(progress);
    }
  };
  // The statement's own outcome is what counts; a report that fails is only missing.
  reports().catch(() => undefined);
  try {
    return await task();
  } finally {
    ended.abort();
  }
}

/** How far a job is; all zero while it is not running. */
export async function jobProgress(
  jobId: string,
  control: (sql: string, format: string) => Promise<Uint8Array>,
): Promise<Progress> {
  const sql = `SELECT read_rows, read_bytes, total_rows_approx, written_rows, written_bytes, memory_usage
    FROM system.processes WHERE ${jobFilter(jobId)} LIMIT 1`;
  const line = new TextDecoder().decode(await control(sql, 'TSV')).trim();
  if (line === '') return none;
  const [
    readRows = 0,
    readBytes = 0,
    totalRowsToRead = 0,
    writtenRows = 0,
    writtenBytes = 0,
    memoryBytes = 0,
  ] = line.split('\t').map(Number);
  return { readRows, readBytes, totalRowsToRead, writtenRows, writtenBytes, memoryBytes };
}
