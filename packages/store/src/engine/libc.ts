/** The calls of the C library that Node has none for. Loaded by the process that runs the engine, and no other. */
export interface Libc {
  /** flock(2) without waiting; false if another process holds the lock. @throws Error where files cannot be locked */
  lock(fd: number): boolean;
  /** syncfs(2) of the file system that the descriptor lies on, in a thread of its own. @throws Error with an errno's name as `code` */
  sync(fd: number): Promise<void>;
}

const LOCK_EX = 2;
const LOCK_NB = 4;

export async function loadLibc(): Promise<Libc> {
  const { default: koffi } = await import('koffi');
  const libc = koffi.load(null);
  const flock = libc.func('int flock(int fd, int operation)');
  const syncfs = libc.func('int syncfs(int fd)');
  return {
    lock: (fd) => {
      if (flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
      const { EAGAIN } = koffi.os.errno;
      if (koffi.errno() === EAGAIN) return false;
      throw Object.assign(
        new Error(
          `The data folder cannot be locked (error ${koffi.errno()}): move data_dir to a file system with locks.`,
        ),
        { code: 'STORE_CANNOT_OPEN' },
      );
    },
    sync: (fd) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      syncfs.async(fd, (error: Error | null, result: number) => {
        if (error !== null) return reject(error);
        if (result === 0) return resolve();
        reject(
          Object.assign(new Error('The disk of the data folder refuses to keep what was written.'), {
            code: 'EIO',
          }),
        );
      });
      return promise;
    },
  };
}
