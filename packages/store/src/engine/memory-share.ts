/**
 * What the process holds beside what the engine counts: about 270 MB of the library's own pages, 150 MB that it
 * allocated before it began to count, 50 MB of Node, and 100 MB of freed pages that have not gone back yet. Measured.
 */
const uncountedBytes = 570_000_000;
/** With less the engine cannot even merge the parts of a small site. */
const leastBytes = 250_000_000;

/** How the engine divides what it may use, in bytes. */
export interface MemoryShare {
  /** Everything that the engine counts. */
  engine: number;
  /** One statement that reads. What sorts and groups beyond half of it goes to disk. */
  read: number;
  /** One statement that writes. */
  write: number;
  /** Merges begin only below this. */
  merges: number;
  markCache: number;
  uncompressedCache: number;
}

/**
 * Divides the memory limit of the process. Below about 0.8 GB the limit is passed: the engine needs its least.
 * @param limitBytes for the whole process
 */
export function memoryShare(limitBytes: number): MemoryShare {
  const engine = Math.max(leastBytes, limitBytes - uncountedBytes);
  const share = (part: number): number => Math.floor(engine * part);
  return {
    engine,
    read: share(0.6),
    write: share(0.95),
    merges: share(0.4),
    markCache: share(1 / 16),
    uncompressedCache: share(1 / 32),
  };
}
