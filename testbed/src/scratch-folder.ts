import { mkdir, rm } from 'node:fs/promises';
import { run } from './run.ts';

/**
 * An empty folder in memory: browsers write their profiles all the time, and on a disk that alone takes a sixth of
 * two cores. Where mounting is not allowed it is a plain folder.
 */
export async function makeScratch(folder: string): Promise<void> {
  await removeScratch(folder);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await run('mount', ['-t', 'tmpfs', '-o', 'mode=755,size=50%', 'ja4-testbed', folder]).catch(
    () => undefined,
  );
}

export async function removeScratch(folder: string): Promise<void> {
  // Lazily: a namespace that is just being taken away may still hold it.
  await run('umount', ['--lazy', folder]).catch(() => undefined);
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
