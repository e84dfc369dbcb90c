import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A screen that nobody looks at, for browsers with a window. */
export async function startDisplay() {
  const server = spawn(
    'Xvfb',
    ['-displayfd', '1', '-screen', '0', '1366x768x24', '-nolisten', 'tcp', '-noreset'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const [number] = await once(server.stdout, 'data');
  return { environment: { DISPLAY: `:${String(number).trim()}` }, stop: () => server.kill() };
}
