import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Settings } from '../config/load-config.ts';
import type { Check } from './check.ts';

const wantedFreeBytes = 2 * 1024 ** 3;
const longestSocketPath = 107;

/** The folder itself, or the nearest one above it that is there. */
function existing(folder: string): string {
  let found = resolve(folder);
  while (!existsSync(found) && dirname(found) !== found) found = dirname(found);
  return found;
}

/** Why this user cannot write into a folder, or make it; undefined = it can. */
function cannotWrite(folder: string): string | undefined {
  const nearest = existing(folder);
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    return `${nearest} cannot be written to by user ${userInfo().username}`;
  }
}

/** Whether everything that is written finds its place, without writing anything. */
export async function checkDisk({ data_dir: folder }: Settings): Promise<Check> {
  const name = 'disk';
  const refused = cannotWrite(folder);
  if (refused !== undefined) {
    return { name, state: 'failed', what: `${refused}: change its owner, or set data_dir` };
  }
  const { bavail, bsize } = await statfs(existing(folder));
  const free = bavail * bsize;
  const found = `${(free / 1024 ** 3).toFixed(1)} GiB free for ${folder}`;
  return free >= wantedFreeBytes
    ? { name, state: 'ok', what: found }
    : { name, state: 'warning', what: `${found}: the store wants ${wantedFreeBytes / 1024 ** 3} GiB` };
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
  if (!/^\d+$/.test(sockets.group) && !groupExists(sockets.group)) {
    return { name, state: 'failed', what: `there is no group ${sockets.group}: set sockets.group` };
  }
  return { name, state: 'ok', what: `in ${sockets.dir}, for group ${sockets.group}` };
}

function groupExists(group: string): boolean {
  const { status, error } = spawnSync('getent', ['group', group]);
  // A system without getent: the service says it.
  return error !== undefined || status === 0;
}
