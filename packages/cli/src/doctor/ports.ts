import { createServer } from 'node:net';
import type { Settings } from '../config/load-config.ts';
import { serviceNames } from '../service/service.ts';
import type { Check } from './check.ts';

const answerWithinMs = 2_000;

/** Whether a program could listen there now. */
export function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}

/** The text that is served at an address of this machine; undefined when nothing answers with success. */
export async function answer(host: string, port: number, path: string): Promise<string | undefined> {
  try {
    const response = await fetch(`http://${host}:${port}${path}`, {
      signal: AbortSignal.timeout(answerWithinMs),
    });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the dashboard runs, or could. */
export async function checkDashboardPort({ dashboard: { host, port } }: Settings): Promise<Check> {
  const name = 'dashboard port';
  if (await canListen(host, port)) return { name, state: 'ok', what: `${host}:${port} is free` };
  const runs = (await answer(host, port, '/health'))?.includes('"ok"') === true;
  return runs
    ? { name, state: 'ok', what: `the dashboard answers at http://${host}:${port}/` }
    : { name, state: 'failed', what: `${host}:${port} is taken by another program: set dashboard.port` };
}

/** Whether the ports of /health, /ready and /metrics are ours or free. */
export async function checkHealthPorts({ services }: Settings): Promise<Check> {
  const name = 'health ports';
  const base = services.health_port;
  if (base === 0) return { name, state: 'ok', what: 'chosen by the system' };
  const taken: number[] = [];
  const running: string[] = [];
  for (const [offset, service] of serviceNames.entries()) {
    const port = base + offset;
    if (await canListen('127.0.0.1', port)) continue;
    const metrics = await answer('127.0.0.1', port, '/metrics');
    if (metrics?.includes(`ja4_${service}_`) === true) running.push(service);
    else taken.push(port);
  }
  if (taken.length > 0) {
    const what = `${taken.join(', ')} taken by another program: set services.health_port`;
    return { name, state: 'failed', what };
  }
  const ports = `${base} to ${base + serviceNames.length - 1}`;
  const what = running.length === 0 ? `${ports} are free` : `${running.join(', ')} answer on ${ports}`;
  return { name, state: 'ok', what };
}
