import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Libc } from './libc.ts';

/** The right to use a data folder; a process has it until it ends, however it ends. */
export interface FolderLock {
  release(): void;
}

/**
 * Takes the data folder for this process. The engine has a lock of its own, but what an open insert left is
 * undone before the engine opens the folder.
 * @throws Error with code STORE_CANNOT_OPEN while another process has it
 */
export function lockFolder(dataDir: string, libc: Libc): FolderLock {
  const path = join(dataDir, 'lock');
  const fd = openSync(path, 'a+', 0o600);
  if (libc.lock(fd)) {
    ftruncateSync(fd);
    writeSync(fd, `${process.pid}\n`);
    return { release: () => closeSync(fd) };
  }
  const holder = readFileSync(path, 'utf8').trim();
  closeSync(fd);
  throw Object.assign(
    new Error(
      `The store's data folder ${dataDir} cannot be opened: another store is running on it (process ${holder}). ` +
        'Stop the other one, or choose another data_dir.',
    ),
    { code: 'STORE_CANNOT_OPEN' },
  );
}
