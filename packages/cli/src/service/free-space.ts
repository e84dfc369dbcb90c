import { statfsSync } from 'node:fs';

/** The room left on the disk of a folder, as a counter; none while that cannot be told. */
export function freeSpaceCounter(folder: string): Record<string, number> {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return { data_dir_free_bytes: bavail * bsize };
  } catch {
    // Not made yet: a sensor on its own may never write there.
    return {};
  }
}
