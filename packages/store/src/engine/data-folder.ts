import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { lockFolder } from './folder-lock.ts';
import { InsertJournal } from './insert-journal.ts';
import { loadLibc } from './libc.ts';
import { undoInsert } from './undo-insert.ts';

/** The engine's folder, locked, and with no insert in it that has begun and not ended. */
export interface DataFolder {
  readonly journal: InsertJournal;
  /** Resolves when everything written so far is on disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Makes or takes the engine's folder; before the engine opens it.
 * @param fsync whether what the journal says is on disk, and not only with the kernel
 * @throws Error with code STORE_CANNOT_OPEN while another process has it
 */
export async function openDataFolder(dataDir: string, fsync: boolean, log: Logger): Promise<DataFolder> {
  makePrivateFolder(dataDir);
  const libc = await loadLibc();
  const lock = lockFolder(dataDir, libc);
  let journal: InsertJournal | undefined;
  let folder: FileHandle | undefined;
  const close = async (): Promise<void> => {
    await journal?.close();
    await folder?.close();
    lock.release();
  };
  try {
    journal = await InsertJournal.open(dataDir, fsync);
    await undoOpenInsert(dataDir, journal, log);
    folder = await open(dataDir, 'r');
    const { fd } = folder;
    return { journal, sync: () => libc.sync(fd), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The engine writes with the process's umask, so the folder itself keeps others from visitors' data. The folders
 * above it are left as they are: sockets that a web server's user must reach may live beside it.
 */
function makePrivateFolder(dataDir: string): void {
  // Never writable for others, whatever the umask: who can rename the folder can put another in its place.
  mkdirSync(dirname(dataDir), { recursive: true, mode: 0o755 });
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if ((statSync(dataDir).mode & 0o077) !== 0) chmodSync(dataDir, 0o700);
}

async function undoOpenInsert(dataDir: string, journal: InsertJournal, log: Logger): Promise<void> {
  if (journal.begun === undefined) return;
  const { written, merged, kept } = undoInsert(dataDir, journal.begun.marks);
  log.info({ written, merged }, 'an insert that never ended is undone');
  if (kept.length > 0)
    log.error(
      { kept },
      'rows of an insert that never ended are merged for good; sent again, they count twice',
    );
  await journal.forgetBegun();
}
