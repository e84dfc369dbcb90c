import { close, constants, fstatSync, openSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { lastErrorCode, libc, systemError } from '../live/libc.ts';
import type { LineTarget } from './line-target.ts';

const standardOutput = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

const writeSome = promisify(write);
const closeDescriptor = promisify(close);

/**
 * Standard output, whatever it is. A pipe or terminal is opened once more, without waiting: to set that on the
 * descriptor itself would change it for everybody who shares it, such as standard error behind `2>&1`.
 */
export function standardOutputTarget(): LineTarget {
  const stats = fstatSync(standardOutput);
  const own = stats.isFIFO() || stats.isCharacterDevice() ? openWithoutWaiting() : undefined;
  const fd = own ?? standardOutput;
  return {
    name: 'standard output',
    write: stats.isSocket()
      ? async (bytes, at) => sendSome(fd, at === 0 ? bytes : bytes.subarray(at))
      : async (bytes, at) => (await writeSome(fd, bytes, at, bytes.length - at)).bytesWritten,
    takeBack: async () => false,
    reopen: async () => {},
    close: async () => {
      if (own !== undefined) await closeDescriptor(own);
    },
  };
}

/** Undefined where the system does not open it again: then a write waits, in a thread of its own. */
function openWithoutWaiting(): number | undefined {
  try {
    return openSync(
      `/proc/self/fd/${standardOutput}`,
      constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY,
    );
  } catch {
    return undefined;
  }
}

function sendSome(fd: number, bytes: Uint8Array): number {
  const sent = libc().send(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) {
    const code = lastErrorCode();
    throw systemError(code, `standard output: ${code}`);
  }
  return sent;
}
