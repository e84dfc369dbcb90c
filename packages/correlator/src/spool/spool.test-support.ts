import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { absentHttpLogRow, decodeRowBinary, type HttpLogRow } from '@ja4/store';
import { type Logger, pino } from 'pino';
import { Spool, type SpoolOptions } from './spool.ts';
import type { SpoolBatch } from './spool-batch.ts';

/** A row that can be told from the others by its number. */
export const numberedRow = (number: number): HttpLogRow => ({ ...absentHttpLogRow(), path: `/${number}` });

/** Appends rows with these numbers, the last one not included. */
export function appendRows(spool: Spool, from: number, to: number): void {
  for (let number = from; number < to; number++) spool.append(numberedRow(number));
}

export const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** The numbers of a batch's rows. */
export function numbersOf(batch: SpoolBatch | undefined): number[] {
  if (batch === undefined) return [];
  const decoded = decodeRowBinary(batch.columns, Buffer.concat(batch.body));
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.rows.map((row) => Number(String(row.path).slice(1)));
}

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [key: string]: unknown;
}

export function logged(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  return { lines, log: pino({}, { write: (text: string) => void lines.push(JSON.parse(text)) }) };
}

/** Folders and spools that are gone when the test ends. */
export function spoolFixtures(onTestFinished: (clean: () => void | Promise<void>) => void) {
  return {
    temporaryFolder: (): string => {
      const folder = mkdtempDisposableSync(join(tmpdir(), 'ja4-spool-'));
      onTestFinished(() => folder.remove());
      return folder.path;
    },
    openSpool: async (folder: string, options: Partial<SpoolOptions> = {}): Promise<Spool> => {
      const log = pino({ level: 'silent' });
      const spool = await Spool.open({ folder, commitMs: 1, fsync: false, log, ...options });
      onTestFinished(async () => {
        await spool.close(0);
      });
      return spool;
    },
  };
}

export const never = new AbortController().signal;
export const everything = { maxRows: 1_000_000, maxBytes: 1e9 };

/** Takes everything that waits out of a spool: the numbers of the rows, and the tokens. */
export async function drain(spool: Spool, maxRows = 1_000): Promise<{ rows: number[]; tokens: string[] }> {
  const rows: number[] = [];
  const tokens: string[] = [];
  while (spool.waiting().rows > 0) {
    const batch = await spool.next({ maxRows, maxBytes: 1e9 }, never);
    if (batch === undefined) break;
    rows.push(...numbersOf(batch));
    tokens.push(batch.token);
    spool.acknowledge(batch);
  }
  return { rows, tokens };
}
