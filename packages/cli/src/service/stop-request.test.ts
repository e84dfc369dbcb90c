import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, expect, it } from 'vitest';

const moduleUrl = new URL('./stop-request.ts', import.meta.url).href;
const script = `const { stopRequested } = await import('${moduleUrl}');
  const work = setInterval(() => {}, 1000);
  const why = stopRequested();
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

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('takes %s as a request to stop', async (signal) => {
  const { child, next } = start(process.execPath, node, {});
  await next();
  const exit = once(child, 'exit');
  child.kill(signal);
  child.kill(signal);
  expect(await next()).toBe(signal);
  expect(await exit).toEqual([0, null]);
});

it('stops when npm was told to, whose shell passes no signal on', async () => {
  // The second command keeps the shell from becoming the first one.
  const shell = ['-c', '"$@"; exit $?', 'sh', process.execPath, ...node];
  const { child, next } = start('sh', shell, { npm_command: 'exec' });
  await next();
  child.kill('SIGTERM');
  expect(await next()).toBe('npm is gone');
});
