import { afterEach, expect, it } from 'vitest';
import { ChildService, type ChildState } from './child-service.ts';

const open: ChildService[] = [];
afterEach(async () => {
  for (const child of open.splice(0)) await child.stop();
});

/** A service whose process runs `script`; everything that the supervisor hears of it is kept. */
function service(script: string, required = false) {
  const states: ChildState[] = [];
  const lines: string[] = [];
  const child = new ChildService({
    name: 'store',
    args: ['-e', script],
    required,
    onLog: (_name, line) => lines.push(line),
    onState: (_name, state) => states.push(state),
  });
  open.push(child);
  return { child, states, lines };
}

const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
};

const failing = `console.error('Code: 76. Cannot lock file');
  process.send({ type: 'failed', line: 'the folder is in use', code: 'X' }, () => process.exit(1));`;

it('says once why a required service did not start, and does not try again', async () => {
  const { child, states, lines } = service(failing, true);
  expect(await child.start()).toEqual({ ready: false, why: 'the folder is in use' });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(states).toEqual([]);
  expect(lines).toEqual([]);
});

it('tries others again, and marks a reason that it has given already', async () => {
  const { child, states } = service(failing);
  expect(await child.start()).toEqual({ ready: false, why: 'the folder is in use' });
  await until(() => states.length === 2);
  expect(states).toEqual([
    { kind: 'died', why: 'the folder is in use', restartInMs: 250, repeated: false },
    { kind: 'died', why: 'the folder is in use', restartInMs: 500, repeated: true },
  ]);
});

it('gives up where starting again cannot help', async () => {
  const { child, states } = service(failing.replace("'X'", "'EPERM'"));
  await child.start();
  expect(states).toEqual([{ kind: 'gave-up', why: 'the folder is in use' }]);
});

it('shows what a process printed that died without a word', async () => {
  const { child, states, lines } = service(
    `process.stderr.write('Segmentation fault\\n', () => process.exit(3));`,
  );
  expect(await child.start()).toEqual({ ready: false, why: 'exit status 3' });
  await until(() => lines.length > 0);
  expect(lines).toEqual(['Segmentation fault']);
  expect(states[0]).toMatchObject({ kind: 'died', why: 'exit status 3' });
});

it('starts a service again that was killed, and says that it is back', async () => {
  const { child, states } = service(`process.send({ type: 'ready' }); setInterval(() => {}, 1000);`);
  expect(await child.start()).toEqual({ ready: true });
  const first = states[0];
  if (first?.kind !== 'ready') throw new Error('not ready');
  process.kill(first.pid, 'SIGKILL');
  await until(() => states.length === 3);
  expect(states[1]).toMatchObject({ kind: 'died', why: 'signal SIGKILL', repeated: false });
  expect(states[2]).toMatchObject({ kind: 'ready' });
});

it('passes on a request to open files again, and waits until that is done', async () => {
  const { child, lines } = service(`
    process.on('SIGHUP', () => setTimeout(() => {
      console.error('opened again');
      process.send({ type: 'reloaded' });
    }, 100));
    process.send({ type: 'ready' });
    setInterval(() => {}, 1000);`);
  await child.start();
  await child.reload();
  await until(() => lines.length > 0);
  expect(lines).toEqual(['opened again']);
  await child.stop();
  await child.reload();
});

it('keeps what systemd tells it to itself', async () => {
  const before = process.env.NOTIFY_SOCKET;
  process.env.NOTIFY_SOCKET = '/run/systemd/notify';
  try {
    const { child, lines } = service(`
      console.error(String(process.env.NOTIFY_SOCKET));
      process.send({ type: 'ready' });
      setInterval(() => {}, 1000);`);
    await child.start();
    await until(() => lines.length > 0);
    expect(lines).toEqual(['undefined']);
  } finally {
    if (before === undefined) delete process.env.NOTIFY_SOCKET;
    else process.env.NOTIFY_SOCKET = before;
  }
});
