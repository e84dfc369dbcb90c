import type { Progress } from './progress.ts';
import type { Chunk } from './statement-worker.ts';

/** Milliseconds between two progress rows, as the engine's interactive_delay. */
const everyMs = 100;

/**
 * A streamed result in JSONEachRowWithProgress with what chDB leaves out of it: rows that say how far the statement
 * is, the first one at the beginning. Every chunk is formatted alone there, so the columns are said again in each and
 * the last one reports the end; both are said once here.
 * @param current how far the statement is now
 */
export async function* withProgressRows(
  chunks: AsyncIterable<Chunk>,
  current: () => Promise<Progress>,
): AsyncGenerator<Chunk> {
  const began = performance.now();
  let reported = Number.NEGATIVE_INFINITY;
  let named = false;
  for await (const { bytes, rows } of chunks) {
    const lines: string[] = [];
    if (performance.now() - reported >= everyMs) {
      reported = performance.now();
      lines.push(progressRow(await current(), reported - began));
    }
    for (const line of Buffer.from(bytes).toString().split('\n')) {
      if (line === '' || line.startsWith('{"progress":') || (named && line.startsWith('{"meta":'))) continue;
      named ||= line.startsWith('{"meta":');
      lines.push(line);
    }
    if (lines.length > 0) yield { bytes: Buffer.from(`${lines.join('\n')}\n`), rows };
  }
}

function progressRow({ readRows, readBytes, totalRowsToRead }: Progress, elapsedMs: number): string {
  return JSON.stringify({
    progress: {
      read_rows: String(readRows),
      read_bytes: String(readBytes),
      total_rows_to_read: String(totalRowsToRead),
      elapsed_ns: String(Math.round(elapsedMs * 1e6)),
    },
  });
}
