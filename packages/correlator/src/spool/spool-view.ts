import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cursor, readCursor } from './cursor-file.ts';
import { lockHolder } from './folder-lock.ts';
import { LogReader } from './log-reader.ts';
import { damagedFiles, type Finding, recoverSegments } from './recover-segments.ts';
import { rejectedFolder } from './rejected-rows.ts';
import type { SpoolColumn } from './segment-header.ts';
import { type LogPosition, SegmentList } from './segment-list.ts';
import { rowsOf } from './spool-batch.ts';

/** What lies in a spool. */
export interface SpoolStatus {
  readonly folder: string;
  /** The process that has it open. */
  readonly heldBy: number | undefined;
  /** Accepted and not acknowledged. */
  readonly rows: number;
  readonly bytes: number;
  /** When the oldest of these rows came in, milliseconds since 1970. */
  readonly oldestMs: number | undefined;
  /** Rows that may have been sent, of those that wait. */
  readonly inFlight: number;
  readonly segments: number;
  readonly rejected: { readonly rows: number; readonly bytes: number };
  /** Files that were damaged and are kept for someone to look at. */
  readonly damaged: { readonly files: number; readonly bytes: number };
  /** What the next opening will cut off or set aside. */
  readonly findings: readonly Finding[];
}

/** A row that lies in a spool. */
export interface SpooledRow {
  readonly columns: readonly SpoolColumn[];
  readonly bytes: Uint8Array;
  /** When it came in, milliseconds since 1970. */
  readonly receivedMs: number;
  /** Why the store did not take it; '' for a row that waits. */
  readonly why: string;
}

const asItIs = { repair: false, fsync: false } as const;

/**
 * Looks at a spool without changing anything, also while a correlator works with it: what that is writing or
 * removing meanwhile may be missing.
 *
 * @throws Error `JA4_NO_SPOOL` when there is none.
 */
export async function spoolStatus(folder: string): Promise<SpoolStatus> {
  const heldBy = await holderOf(folder);
  const { list, cursor, position, findings } = await openView(folder);
  const rejected = await segmentsBelow(rejectedFolder(folder));
  const damaged = await damagedFiles(folder);
  return {
    folder,
    heldBy,
    ...list.behind(position),
    oldestMs: await oldestOf(list, position),
    inFlight: cursor === undefined ? 0 : inFlightOf(list, cursor),
    segments: list.all.length,
    rejected: { rows: rejected.behind({ segment: 0, row: 0 }).rows, bytes: rejected.bytes },
    damaged: { files: damaged.length, bytes: damaged.reduce((sum, { bytes }) => sum + bytes, 0) },
    // What its correlator is just writing is not whole yet.
    findings: heldBy === undefined ? findings : [],
  };
}

/** The rows that wait, or those that the store rejected, oldest first. @throws as `spoolStatus` */
export async function* spooledRows(
  folder: string,
  which: 'waiting' | 'rejected',
): AsyncGenerator<SpooledRow> {
  await holderOf(folder);
  const view =
    which === 'waiting'
      ? await openView(folder)
      : { list: await segmentsBelow(rejectedFolder(folder)), position: { segment: 0, row: 0 } };
  const reader = new LogReader(view.list, view.position);
  try {
    for (let step = await reader.next(); step !== undefined; step = await reader.next()) {
      if (step.kind === 'loss') continue;
      const { segment, frame } = step.part;
      for (const bytes of rowsOf(step.part))
        yield { columns: segment.columns, bytes, receivedMs: frame.oldestMs, why: frame.note };
    }
  } finally {
    await reader.close();
  }
}

async function holderOf(folder: string): Promise<number | undefined> {
  try {
    await readdir(folder);
  } catch (cause) {
    const why =
      cause instanceof Error && 'code' in cause && cause.code !== 'ENOENT' ? `: ${cause.message}` : '';
    throw Object.assign(new Error(`there is no spool in ${folder}${why}`, { cause }), {
      code: 'JA4_NO_SPOOL',
    });
  }
  return lockHolder(folder);
}

async function openView(folder: string) {
  // Before the segments: what is acknowledged meanwhile is shown once more rather than left out.
  const { cursor } = await readCursor(join(folder, 'cursor'));
  const { segments, findings } = await recoverSegments(folder, asItIs);
  const position: LogPosition = { segment: cursor?.segment ?? 0, row: cursor?.row ?? 0 };
  return { list: new SegmentList(segments), cursor, position, findings };
}

async function segmentsBelow(folder: string): Promise<SegmentList> {
  const there = await readdir(folder).then(
    () => true,
    () => false,
  );
  return new SegmentList(there ? (await recoverSegments(folder, asItIs)).segments : []);
}

async function oldestOf(list: SegmentList, position: LogPosition): Promise<number | undefined> {
  const reader = new LogReader(list, position);
  try {
    for (let step = await reader.next(); step !== undefined; step = await reader.next())
      if (step.kind === 'part') return step.part.frame.oldestMs;
    return undefined;
  } finally {
    await reader.close();
  }
}

function inFlightOf(list: SegmentList, { segment, row, to, toSegment }: Cursor): number {
  if (to === undefined) return 0;
  const behindStart = list.behind({ segment, row }).rows;
  return behindStart - list.behind({ segment: toSegment ?? segment, row: to }).rows;
}
