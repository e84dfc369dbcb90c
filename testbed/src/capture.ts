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
 * Of what clients send to the shop: SYNs, and segments with payload unless they begin with a record of encrypted
 * data (RFC 8446, 5.1: 23, 3, 3), as everything after the handshake does. `tcp[…]` is IPv4 only.
 */
function openingsFilter(): string {
  const flags = 13;
  const part = (tcp: (at: string, size?: number) => string, length: string) => {
    const headerLength = `((${tcp('12')} & 0xf0) >> 2)`;
    const payload = `(${length} - ${headerLength})`;
    // Fewer than four bytes cannot be looked at, which would refuse the packet.
    const opening = `(${tcp(headerLength, 4)} & 0xffffff00) != 0x17030300`;
    return `(${tcp(String(flags))} & 2 != 0 or (${payload} > 0 and (${payload} < 4 or ${opening})))`;
  };
  const four = part((at, size) => `tcp[${at}:${size ?? 1}]`, '(ip[2:2] - ((ip[0] & 0xf) << 2))');
  const six = part((at, size) => `ip6[40 + ${at}:${size ?? 1}]`, 'ip6[4:2]');
  return (
    `(ip and dst host ${server.ipv4} and tcp dst port 443 and ${four}) or ` +
    `(ip6 and dst host ${server.ipv6} and tcp dst port 443 and ${six})`
  );
}

/** Captures the openings of the clients' connections, whole segments: hellos of today fill two. */
export async function startCapture(network: Network, file: string): Promise<Running> {
  const args = ['-i', network.interface, '-w', file, '-U', '-s', '0', '-B', '16384', '-Z', 'root'];
  const [program = '', ...rest] = [...network.inside, 'tcpdump', ...args, openingsFilter()];
  const running = start(program, rest, { stderr: 'pipe' });
  await says(running, 'stderr', 'listening on');
  return running;
}
