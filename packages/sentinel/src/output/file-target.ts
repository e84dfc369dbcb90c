import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemError } from '../live/libc.ts';
import type { LineTarget } from './line-target.ts';

/** Appending, so that a file that was cut by somebody else (`copytruncate`) gets no hole. Never waits for a pipe. */
const appendFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK;

/** Events tell who visited a site: owner and group only. */
const fileMode = 0o640;

/**
 * A file that lines are appended to. It is made with mode 0640 where it is missing.
 * Throws, with what to do, ENOENT for a missing folder, EACCES, EISDIR, EROFS, … and EINVAL for a special file.
 */
export async function openFileTarget(path: string): Promise<LineTarget> {
  let file = await openForAppending(path);
  /** Where the file ends when nobody else writes to it. */
  let end = (await file.stat()).size;
  return {
    name: path,
    write: async (bytes, at) => {
      const { bytesWritten } = await file.write(bytes, at, bytes.length - at);
      end += bytesWritten;
      return bytesWritten;
    },
    takeBack: async (length) => {
      // What another has written behind it must not be cut off.
      if ((await file.stat()).size !== end) return false;
      await file.truncate(end - length);
      end -= length;
      return true;
    },
    reopen: async () => {
      const before = file;
      file = await openForAppending(path);
      end = (await file.stat()).size;
      await before.close();
    },
    close: () => file.close(),
  };
}

async function openForAppending(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, appendFlags, fileMode);
  } catch (error) {
    throw cannotWrite(path, error);
  }
  const stats = await file.stat();
  if (mayTakeLines(stats)) return file;
  await file.close();
  throw notAFile(path);
}

/** Devices such as /dev/null are fine; a pipe would have nobody to reopen it for. */
const mayTakeLines = (stats: Stats): boolean => stats.isFile() || stats.isCharacterDevice();

const notAFile = (path: string): Error =>
  systemError(
    'EINVAL',
    `${path} is not a file that lines can be appended to: name another in sentinel.output`,
  );

function cannotWrite(path: string, error: unknown): Error {
  if (!(error instanceof Error) || !('code' in error)) return new Error(`${path}: ${String(error)}`);
  const code = String(error.code);
  return systemError(code, `events cannot be written to ${path}: ${advice(code, path) ?? error.message}`);
}

function advice(code: string, path: string): string | undefined {
  const folder = dirname(path);
  const user = process.getuid?.() ?? 0;
  switch (code) {
    case 'ENOENT':
      return `there is no folder ${folder}: make it, and let the service write there`;
    case 'ENOTDIR':
      return `${folder} is no folder`;
    case 'EISDIR':
      return 'it is a folder: name a file in it';
    case 'ENXIO':
      return 'it is a pipe or a socket: name a file';
    case 'EROFS':
      return 'the file system is read-only (in a systemd unit: ReadWritePaths= or LogsDirectory=)';
    case 'EACCES':
    case 'EPERM':
      return (
        `user ${user}${user === 0 ? ', which has no privileges here,' : ''} may not: ` +
        `chown ${folder} to the user that runs the service`
      );
    default:
      return undefined;
  }
}
