import { createInterface } from 'node:readline';
import { type Running, start } from '../run.ts';
import { within } from '../time.ts';

/** A screen that nobody looks at, with a window manager, so that windows get focus as on a desktop. */
export interface Display {
  /** Value of the environment variable DISPLAY. */
  readonly name: string;
  stop(): Promise<void>;
}

async function numberOf(server: Running): Promise<string> {
  const source = server.process.stdout;
  if (!source) throw new Error('Xvfb has no stdout');
  for await (const line of createInterface({ input: source })) {
    if (/^\d+$/.test(line)) return line;
  }
  throw new Error('Xvfb did not start.');
}

/**
 * Starts Xvfb (1920 × 1080, 24 bits) on a free display, in whatever network this process is in. Two that start in
 * the same moment may pick the same number, so it tries again.
 */
export async function startDisplay(triesLeft = 3): Promise<Display> {
  const screen = ['-screen', '0', '1920x1080x24', '-nolisten', 'tcp', '-noreset'];
  const server = start('Xvfb', ['-displayfd', '1', ...screen]);
  try {
    const name = `:${await within(20_000, 'Starting Xvfb', numberOf(server))}`;
    server.process.stdout?.resume();
    const manager = start('evilwm', ['-display', name, '-bw', '0', '-fn', 'fixed']);
    manager.ended.catch(() => undefined);
    return {
      name,
      async stop() {
        await manager.stop(500);
        await server.stop(2000);
      },
    };
  } catch (error) {
    await server.stop(500);
    if (triesLeft > 0) return startDisplay(triesLeft - 1);
    throw error;
  }
}
