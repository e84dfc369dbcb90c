import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Network, server } from './network.ts';
import { type Running, start } from './run.ts';
import { within } from './time.ts';

async function says(running: Running, stream: 'stdout' | 'stderr', text: string): Promise<void> {
  const source = running.process[stream];
  if (!source) throw new Error(`No ${stream} to listen to`);
  const lines = createInterface({ input: source });
  const said = (async () => {
    for await (const line of lines) if (line.includes(text)) return;
    throw new Error(`${running.process.spawnfile} ended without saying "${text}"`);
  })();
  await within(10_000, `Starting ${running.process.spawnfile}`, said);
  source.resume();
}

/** Receives the web server's events into `file`, one JSON text per line. */
export async function startReceiver(network: Network, socketPath: string, file: string): Promise<Running> {
  const script = join(import.meta.dirname, 'receiver.py');
  const [program = '', ...args] = [...network.inside, '/usr/bin/python3', script, socketPath, file];
  const running = start(program, args);
  await says(running, 'stdout', 'ready');
  return running;
}

/**
 * Captures what clients send to the shop: SYNs and segments with payload, 300 bytes of headers and hello
 * at least (whole segments, in fact: hellos of today fill two).
 */
export async function startCapture(network: Network, file: string): Promise<Running> {
  const toServer = `(dst host ${server.ipv4} or dst host ${server.ipv6}) and tcp dst port 443`;
  const args = ['-i', network.interface, '-w', file, '-U', '-s', '0', '-B', '16384', '-Z', 'root', toServer];
  const [program = '', ...rest] = [...network.inside, 'tcpdump', ...args];
  const running = start(program, rest, { stderr: 'pipe' });
  await says(running, 'stderr', 'listening on');
  return running;
}
