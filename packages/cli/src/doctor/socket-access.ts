import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Settings } from '../config/load-config.ts';
import type { Check } from './check.ts';
import { groupId } from './groups.ts';

/** Programs that send requests' events, by the name that the kernel has for their processes. */
const webServers = new Set(['apache2', 'httpd', 'nginx', 'haproxy']);

/** A process of a web server, with the rights that it has. */
export interface Sender {
  readonly program: string;
  readonly pid: number;
  readonly uid: number;
  /** Its own group and the others that it is in. */
  readonly groups: readonly number[];
}

/** Whether the web servers that run here can write to the socket, as it is or as it will be made. */
export function checkSocketAccess(settings: Settings, senders = webServerProcesses()): Check {
  const name = 'web server';
  const path = join(settings.sockets.dir, 'http.socket');
  if (senders.length === 0) return { name, state: 'ok', what: 'none runs here now' };
  const names = new Set<string>();
  for (const sender of senders) {
    names.add(`${sender.program} (user ${sender.uid})`);
    const refused = cannotSend(sender, path, settings);
    if (refused === undefined) continue;
    const what =
      `${sender.program} (process ${sender.pid}, user ${sender.uid}) cannot write to ${path}: ${refused}; ` +
      'set sockets.group to its group, and let it reach the folder';
    return { name, state: 'failed', what };
  }
  return { name, state: 'ok', what: `${[...names].join(', ')} can write to ${path}` };
}

/** Why a process cannot send to a socket; undefined = it can. */
function cannotSend(sender: Sender, path: string, { sockets }: Settings): string | undefined {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const rights = rightsOf(folder);
    if (rights !== undefined && !mayUse(sender, rights, 1)) return `${folder} is closed to it`;
    if (dirname(folder) === folder) break;
  }
  const rights = rightsOf(path) ?? {
    mode: sockets.mode,
    uid: process.getuid?.() ?? 0,
    gid: groupId(sockets.group) ?? process.getgid?.() ?? 0,
  };
  const mode = `0${(rights.mode & 0o777).toString(8)}`;
  return mayUse(sender, rights, 2) ? undefined : `mode ${mode}, user ${rights.uid}, group ${rights.gid}`;
}

interface Rights {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

function rightsOf(path: string): Rights | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/** Classic permissions (path_resolution(7)): the first class that fits decides. `right`: 2 write, 1 search. */
function mayUse({ uid, groups }: Sender, rights: Rights, right: 1 | 2): boolean {
  if (uid === 0) return true;
  const shift = uid === rights.uid ? 6 : groups.includes(rights.gid) ? 3 : 0;
  return ((rights.mode >> shift) & right) !== 0;
}

/**
 * The processes of web servers that handle requests: those that are not root's, where there are any (the one
 * that starts them is root's).
 */
export function webServerProcesses(proc = '/proc'): Sender[] {
  const found = pidsIn(proc).flatMap((pid) => readSender(join(proc, String(pid)), pid) ?? []);
  const workers = found.filter(({ uid }) => uid !== 0);
  const seen = new Set<string>();
  return (workers.length > 0 ? workers : found).filter(({ program, uid }) => {
    const key = `${program} ${uid}`;
    return seen.has(key) ? false : seen.add(key) !== undefined;
  });
}

function pidsIn(proc: string): number[] {
  try {
    return readdirSync(proc).map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function readSender(folder: string, pid: number): Sender | undefined {
  let status: string;
  try {
    status = readFileSync(join(folder, 'status'), 'utf8');
  } catch {
    // It has ended since.
    return undefined;
  }
  const field = (name: string): string => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const program = field('Name');
  if (!webServers.has(program)) return undefined;
  const numbers = (text: string): number[] => text.trim().split(/\s+/).filter(Boolean).map(Number);
  // Real, effective, saved, file system.
  const [, uid = 0] = numbers(field('Uid'));
  const [, gid = 0] = numbers(field('Gid'));
  return { program, pid, uid, groups: [gid, ...numbers(field('Groups'))] };
}
