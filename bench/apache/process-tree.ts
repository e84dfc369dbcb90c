import { readdirSync, readFileSync } from 'node:fs';

/** Microseconds of CPU that a process and its living descendants took so far. */
export function treeCpuMicroseconds(pid: number): number {
  let sum = ownCpu(pid);
  for (const task of list(`/proc/${pid}/task`)) {
    for (const child of read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean)) {
      sum += treeCpuMicroseconds(Number(child));
    }
  }
  return sum;
}

/** The scheduler's nanoseconds of every thread that lives: finer than the hundredths in `stat`. */
function ownCpu(pid: number): number {
  let nanoseconds = 0;
  for (const task of list(`/proc/${pid}/task`)) {
    nanoseconds += Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0] ?? 0);
  }
  return nanoseconds / 1e3;
}

/** Threads and processes end while they are looked at: then they have nothing to tell. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
