import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Network } from '../network.ts';
import { start } from '../run.ts';
import { within } from '../time.ts';

export interface Backend {
  /** On 127.0.0.1, where the server is. */
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the shop's own program beside the web server, at a port that is free, and waits until it listens. */
export async function startBackend(options: {
  readonly network: Pick<Network, 'inside'>;
  readonly site: string;
}): Promise<Backend> {
  const file = join(import.meta.dirname, 'backend.ts');
  const [program = '', ...args] = [...options.network.inside, process.execPath, file, options.site, '0'];
  const running = start(program, args, { stderr: 'inherit' });
  const { stdout } = running.process;
  if (!stdout) throw new Error('The shop has no stdout');
  const said = (async () => {
    for await (const line of createInterface({ input: stdout })) {
      const port = /^listening (\d+)$/.exec(line)?.[1];
      if (port) return Number(port);
    }
    throw new Error('The shop ended before it listened; its errors are above');
  })();
  try {
    const port = await within(30_000, 'Starting the shop', said);
    stdout.resume();
    return { port, stop: () => running.stop() };
  } catch (error) {
    await running.stop();
    throw error;
  }
}
