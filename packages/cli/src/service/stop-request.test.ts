import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { itNeeds, program } from '../../../../test/setup/needs.ts';

const moduleUrl = new URL('./stop-request.ts', import.meta.url).href;
const script = `const { stopRequested } = await import('${moduleUrl}');
  const work = setInterval(() => {}, 1000);
  const why = stopRequested(() => console.log('reload'));
  console.log(process.pid);
  console.log(await why);
  // Long enough for the second signal to find the process still at its stop.
  await new Promise((resolve) => setTimeout(resolve, 500));
  clearInterval(work);`;

const open: ChildProcess[] = [];
afterEach(() => {
  for (const child of open.splice(0)) child.kill('SIGKILL');
});

function start(command: string, args: readonly string[], environment: NodeJS.ProcessEnv) {
  const { npm_command: _ours, ...rest } = process.env;
  const child = spawn(command, args, {
    env: { ...rest, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  open.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, next: async (): Promise<unknown> => (await lines.next()).value };
}

const node = ['--input-type=module', '-e', script];

it.each(['SIGINT', 'SIGTERM'] as const)('takes %s as a request to stop', async (signal) => {
  const { child, next } = start(process.execPath, node, {});
  await next();
  const exit = once(child, 'exit');
  child.kill(signal);
  child.kill(signal);
  expect(await next()).toBe(signal);
  expect(await exit).toEqual([0, null]);
});

it('takes SIGHUP from anybody but a terminal as a request to reload', async () => {
  const { child, next } = start('setsid', ['-w', process.execPath, ...node], {});
  const pid = Number(await next());
  process.kill(pid, 'SIGHUP');
  expect(await next()).toBe('reload');
  process.kill(pid, 'SIGHUP');
  expect(await next()).toBe('reload');
  const exit = once(child, 'exit');
  process.kill(pid, 'SIGTERM');
  expect(await next()).toBe('SIGTERM');
  expect(await exit).toEqual([0, null]);
});

it('does not open the debugger on SIGUSR1', async () => {
  const told = `${script} console.log((await import('node:inspector')).url());`;
  const { child, next } = start(process.execPath, ['--input-type=module', '-e', told], {});
  await next();
  child.kill('SIGUSR1');
  await sleep(300);
  child.kill('SIGTERM');
  expect(await next()).toBe('SIGTERM');
  expect(await next()).toBe('undefined');
});

itNeeds(program('script', 'bsdutils'))('stops when its terminal is closed, and reloads before', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'ja4-terminal-'));
  const file = join(folder.path, 'said');
  // The terminal is gone at the end: what is said goes to a file.
  const inside = `exec "$NODE" --input-type=module -e "$SCRIPT" > ${file}`;
  const terminal = spawn('script', ['-qec', inside, '/dev/null'], {
    env: { ...process.env, NODE: process.execPath, SCRIPT: script, npm_command: undefined },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  open.push(terminal);
  const said = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []);
  await vi.waitFor(() => expect(said().length).toBe(1), 10_000);
  process.kill(Number(said()[0]), 'SIGHUP');
  await vi.waitFor(() => expect(said().at(-1)).toBe('reload'), 5_000);
  terminal.kill('SIGKILL');
  await vi.waitFor(() => expect(said().at(-1)).toBe('the terminal was closed'), 5_000);
});

it('stops when npm was told to, whose shell passes no signal on', async () => {
  // The second command keeps the shell from becoming the first one.
  const shell = ['-c', '"$@"; exit $?', 'sh', process.execPath, ...node];
  const { child, next } = start('sh', shell, { npm_command: 'exec' });
  await next();
  child.kill('SIGTERM');
  expect(await next()).toBe('npm is gone');
});
