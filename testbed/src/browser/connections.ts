import { readFile } from 'node:fs/promises';
import { run } from '../run.ts';
import { pause } from '../time.ts';

const timeWait = '06';
const listening = '0A';

/**
 * Connections of this network namespace that still send or expect something, not counting those over loopback.
 * Format: Documentation/networking/proc_net_tcp.rst of the Linux kernel.
 */
async function open(): Promise<number> {
  let count = 0;
  for (const table of ['tcp', 'tcp6']) {
    const lines = (await readFile(`/proc/self/net/${table}`, 'utf8').catch(() => '')).split('\n').slice(1);
    for (const line of lines) {
      const [, , remote = '', state = ''] = line.trim().split(/\s+/);
      const loopback = /^(0100007F|0{24}01000000|0000000000000000FFFF00000100007F):/.test(remote);
      if (state !== '' && state !== timeWait && state !== listening && !loopback) count++;
    }
  }
  return count;
}

async function waitUntilClosed(ms: number): Promise<boolean> {
  for (let waited = 0; waited < ms; waited += 100) {
    if ((await open()) === 0) return true;
    await pause(100);
  }
  return (await open()) === 0;
}

/**
 * Waits until all connections of the visit have ended, and helps those along that a browser keeps for later:
 * first as a change of network does (browsers close what they hold), then by the kernel.
 */
export async function endConnections(): Promise<void> {
  if (await waitUntilClosed(600)) return;
  // TEST-NET-1 (RFC 5737): nothing is ever sent from it.
  await run('ip', ['addr', 'add', '192.0.2.77/32', 'dev', 'eth0']).catch(() => undefined);
  await run('ip', ['addr', 'del', '192.0.2.77/32', 'dev', 'eth0']).catch(() => undefined);
  if (await waitUntilClosed(2500)) return;
  await run('ss', ['-K', '-t', 'dport', '=', ':443']).catch(() => undefined);
  if (!(await waitUntilClosed(2000))) throw new Error('Connections stayed open after the visit');
}
