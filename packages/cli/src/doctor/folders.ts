import { accessSync, constants, existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Settings } from '../config/load-config.ts';
import type { Check } from './check.ts';
import { groupExists } from './groups.ts';

const longestSocketPath = 107;

/** The folder itself, or the nearest one above it that is there. */
export function nearestExisting(folder: string): string {
  let found = resolve(folder);
  while (!existsSync(found) && dirname(found) !== found) found = dirname(found);
  return found;
}

/** Why this user cannot write into a folder, or make it; undefined = it can. */
export function cannotWrite(folder: string): string | undefined {
  const nearest = nearestExisting(folder);
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    return `${nearest} cannot be written to by user ${userInfo().username}`;
  }
}

/** Whether the sockets can be made, and given to the web server's group. */
export function checkSockets({ sockets }: Settings): Check {
  const name = 'sockets';
  const path = `${sockets.dir}/network.stream.socket`;
  const length = Buffer.byteLength(path);
  if (length > longestSocketPath) {
    const what = `${path} has ${length} bytes, the limit is ${longestSocketPath}: set a shorter sockets.dir`;
    return { name, state: 'failed', what };
  }
  const refused = cannotWrite(sockets.dir);
  if (refused !== undefined) {
    return { name, state: 'failed', what: `${refused}: change its owner, or set sockets.dir` };
  }
  if (sockets.group === undefined) {
    return {
      name,
      state: 'warning',
      what: `in ${sockets.dir}, for this user only: set sockets.group to the web server's group`,
    };
  }
  if (!groupExists(sockets.group)) {
    return { name, state: 'failed', what: `there is no group ${sockets.group}: set sockets.group` };
  }
  return { name, state: 'ok', what: `in ${sockets.dir}, for group ${sockets.group}` };
}
