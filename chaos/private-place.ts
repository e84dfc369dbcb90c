import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';

const mark = 'CHAOS_PLACE';

/** Whether this process has mounts and a network of its own, so that it can do what would disturb the machine. */
export const isPrivate = (): boolean => process.env[mark] === 'private';

/**
 * Runs this program again with mounts and a network of its own, which end with it. Resolves with its exit
 * status; undefined where that is not possible (it needs root): then full disks are left out.
 */
export async function runInPrivate(): Promise<number | undefined> {
  const flags = ['--mount', '--net', '--propagation', 'private'];
  if (isPrivate() || spawnSync('unshare', [...flags, 'true'], { stdio: 'ignore' }).status !== 0)
    return undefined;
  const child = spawn('unshare', [...flags, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [mark]: 'private' },
  });
  const passOn = (signal: NodeJS.Signals) => void child.kill(signal);
  process.on('SIGINT', passOn).on('SIGTERM', passOn);
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** Brings up loopback and gives sockets the queue that the guide asks for. */
export function preparePlace(queueLength: number): void {
  must('ip', 'link', 'set', 'lo', 'up');
  writeFileSync('/proc/sys/net/unix/max_dgram_qlen', String(queueLength));
}

/** A disk of its own for a folder. */
export function mountSmallDisk(folder: string, bytes: number): void {
  must('mount', '-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'tmpfs', folder);
}

/** Takes such a disk away again, if there is one. */
export function unmount(folder: string): void {
  spawnSync('umount', ['--lazy', folder], { stdio: 'ignore' });
}

function must(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}
