import { mkdir, open, readdir, rename, stat, truncate, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checksumSeed } from './frame.ts';
import { FrameScanner } from './frame-scanner.ts';
import { fileSource, headerOf, segmentNumber, segmentPath, syncFolder } from './segment-file.ts';
import type { HeaderFault, SegmentHeader } from './segment-header.ts';
import { newSegment, type Segment } from './segment-list.ts';

/** Something on disk that was not as it should be. */
export interface Finding {
  readonly file: string;
  readonly bytes: number;
  readonly reason: string;
  /** `cut`: what a crash left behind the last whole frame; `set_aside`: a file that is no segment. */
  readonly done: 'cut' | 'set_aside';
}

export interface Recovered {
  readonly segments: Segment[];
  readonly findings: readonly Finding[];
  /** The highest number that any file has, readable or not; 0 = there is none. */
  readonly lastNumber: number;
}

export interface RecoverOptions {
  /** Whether files may be changed: cut, and set aside. */
  readonly repair: boolean;
  readonly fsync: boolean;
}

const damagedFolder = 'damaged';
/** Files that are kept for someone to look at; older ones are removed. */
const mostSetAside = 4;

/**
 * The segments in a folder, each with how far it is good: what the next one says of it, or, for the last one,
 * what a walk through it shows. What stands behind that is cut off.
 *
 * @throws Error `JA4_SPOOL_NEWER` when a newer version wrote here, and what reading the folder throws.
 */
export async function recoverSegments(folder: string, options: RecoverOptions): Promise<Recovered> {
  const findings: Finding[] = [];
  const found: { header: SegmentHeader; segment: Segment; size: number }[] = [];
  const numbers = await segmentNumbers(folder);
  for (const number of numbers) {
    const path = segmentPath(folder, number);
    const read = await readOne(path);
    if (read === undefined) continue;
    const { result, size } = read;
    if (result.ok) {
      found.push({ header: result.header, segment: segmentOf(path, number, result), size });
      continue;
    }
    if (result.reason === 'newer_format') throw newer(path);
    findings.push({ file: path, bytes: size, reason: result.reason, done: 'set_aside' });
    // Where that fails it stays where it is, and is found again: a full disk must not keep a spool from opening.
    if (options.repair) await removeBroken(path, result.reason).catch(() => {});
  }
  for (const [index, { segment, size }] of found.entries()) {
    // Where the next one names an earlier one as the one before it, this one's rows were written again there.
    const next = found[index + 1]?.header;
    if (next !== undefined && next.previous?.id === segment.id) {
      segment.end = next.previous.bytes;
      segment.rows = next.previous.rows;
    } else if (next === undefined || (next.previous?.number ?? 0) > segment.number) {
      const reason = await walk(segment, size);
      if (segment.end < size) {
        findings.push({ file: segment.path, bytes: size - segment.end, reason, done: 'cut' });
        if (options.repair) await truncate(segment.path, segment.end);
      }
      // What a killed process wrote but did not sync must not vanish after it has been sent.
      if (options.repair && options.fsync) await syncFile(segment.path);
    }
  }
  return { segments: found.map(({ segment }) => segment), findings, lastNumber: numbers.at(-1) ?? 0 };
}

async function segmentNumbers(folder: string): Promise<number[]> {
  const numbers = (await readdir(folder)).map(segmentNumber).filter((number) => number !== undefined);
  return numbers.sort((a, b) => a - b);
}

/** Undefined: removed meanwhile, by the correlator that a status command looks at. */
async function readOne(path: string) {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return { result: await headerOf(handle), size: (await handle.stat()).size };
  } finally {
    await handle.close();
  }
}

function segmentOf(path: string, number: number, read: { header: SegmentHeader; bytes: number }): Segment {
  const { id, columns, createdMs } = read.header;
  return { ...newSegment({ number, id, path, columns, createdMs, begin: read.bytes }), sealed: true };
}

/** Sets how far a segment is good; why not further. */
async function walk(segment: Segment, size: number): Promise<string> {
  const handle = await open(segment.path, 'r');
  let reason = 'torn';
  try {
    const scanner = new FrameScanner(fileSource(handle), checksumSeed(segment.id), segment.begin);
    for (let step = await scanner.next(size); step !== undefined; step = await scanner.next(size)) {
      if (step.kind === 'damage') {
        reason = step.reason;
        continue;
      }
      segment.end = scanner.position;
      segment.rows = Math.max(segment.rows, step.frame.firstRow + step.frame.rows);
    }
  } finally {
    await handle.close();
  }
  return reason;
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function removeBroken(path: string, reason: HeaderFault): Promise<void> {
  // A header that was never written whole has no accepted row behind it.
  if (reason === 'header_truncated') await unlink(path);
  else await setAside(path);
}

/** Keeps a file that is damaged out of the spool's way, and only the newest few of such. */
export async function setAside(path: string): Promise<void> {
  const folder = join(dirname(path), damagedFolder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await rename(path, join(folder, basename(path)));
  const files = await filesBelow(folder);
  for (const { path: old } of files.slice(0, -mostSetAside)) await unlink(old);
  await syncFolder(folder);
}

/** The files that were set aside, oldest first. */
export async function damagedFiles(folder: string): Promise<{ path: string; bytes: number }[]> {
  return filesBelow(join(folder, damagedFolder));
}

async function filesBelow(folder: string): Promise<{ path: string; bytes: number }[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  return Promise.all(
    names.sort().map(async (name) => {
      const path = join(folder, name);
      return { path, bytes: (await stat(path)).size };
    }),
  );
}

function newer(path: string): Error {
  return Object.assign(
    new Error(`${path} was written by a newer version: run that one, or move the folder away`),
    { code: 'JA4_SPOOL_NEWER' },
  );
}
