import { closeSync, constants, openSync } from 'node:fs';

/** Whether this process has a controlling terminal (tty(4)); one that was closed is none any more. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}
