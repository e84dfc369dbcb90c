import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const fileName = 'lock';
/** `ja4 spool status` looks at the lock for a moment; a starting correlator must not take that for another. */
const patienceMs = 1_000;
const retryMs = 20;

let flock: ((fd: number, operation: number) => number) | undefined;

/** flock(2): Node has no call for it, and it is the one lock that a killed process cannot leave behind. */
function lockFile(fd: number, operation: number): boolean {
  flock ??= koffi.load(null).func('int flock(int fd, int operation)');
  if (flock(fd, operation | LOCK_NB) === 0) return true;
  if (koffi.errno() === koffi.os.errno.EAGAIN) return false;
  throw Object.assign(
    new Error(
      `the spool cannot be locked (error ${koffi.errno()}): move data_dir to a file system with locks`,
    ),
    { code: 'JA4_SPOOL_LOCK' },
  );
}

/** The right to write in a spool's folder; one process has it until it ends, however it ends. */
export interface FolderLock {
  release(): void;
}

/** @throws Error `JA4_SPOOL_IN_USE` while another process has the lock, and what opening the file throws. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, fileName);
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    await takeLock(fd, folder);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  try {
    // Always as long as before, so that a full disk can take it.
    writeSync(fd, `${process.pid}`.padEnd(10).concat('\n'), 0);
  } catch {
    // It only tells people whose lock it is.
  }
  return { release: () => closeSync(fd) };
}

async function takeLock(fd: number, folder: string): Promise<void> {
  const until = performance.now() + patienceMs;
  while (!lockFile(fd, LOCK_EX)) {
    if (performance.now() < until) {
      await sleep(retryMs);
      continue;
    }
    throw Object.assign(
      new Error(
        `the spool in ${folder} is in use by process ${readFileSync(join(folder, fileName), 'utf8').trim()}: ` +
          'stop it first, or give this one a data_dir of its own',
      ),
      { code: 'JA4_SPOOL_IN_USE' },
    );
  }
}

/** The process that has the lock, 0 if that is not known; undefined = none has. */
export function lockHolder(folder: string): number | undefined {
  const path = join(folder, fileName);
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    // Nobody has ever locked it.
    return undefined;
  }
  try {
    return lockFile(fd, LOCK_SH) ? undefined : Number.parseInt(readFileSync(path, 'utf8'), 10) || 0;
  } finally {
    closeSync(fd);
  }
}
