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

/** What a program on a port does when it is asked. */
export type Answer =
  | { readonly kind: 'text'; readonly text: string }
  /** It takes the connection and says nothing: it hangs. */
  | { readonly kind: 'silent' }
  /** It is none of ours. */
  | { readonly kind: 'other' };

/** Asks at an address of this machine. */
export async function ask(host: string, port: number, path: string): Promise<Answer> {
  try {
    const response = await fetch(`http://${host}:${port}${path}`, {
      signal: AbortSignal.timeout(answerWithinMs),
    });
    return response.ok ? { kind: 'text', text: await response.text() } : { kind: 'other' };
  } catch (error) {
    return { kind: error instanceof DOMException && error.name === 'TimeoutError' ? 'silent' : 'other' };
  }
}

/** Whether it answers, with a text in it that only ours has. */
const says = (answer: Answer, text: string): boolean => answer.kind === 'text' && answer.text.includes(text);

/** Whether the dashboard runs, or could. */
export async function checkDashboardPort({ dashboard: { host, port } }: Settings): Promise<Check> {
  const name = 'dashboard port';
  if (await canListen(host, port)) return { name, state: 'ok', what: `${host}:${port} is free` };
  const answer = await ask(host, port, '/health');
  if (says(answer, '"ok"'))
    return { name, state: 'ok', what: `the dashboard answers at http://${host}:${port}/` };
  const what =
    answer.kind === 'silent'
      ? `what listens on ${host}:${port} does not answer: the dashboard hangs, or another program does`
      : `${host}:${port} is taken by another program: set dashboard.port`;
  return { name, state: 'failed', what };
}

/** Whether the ports of /health, /ready and /metrics are ours or free. */
export async function checkHealthPorts({ services }: Settings): Promise<Check> {
  const name = 'health ports';
  const base = services.health_port;
  if (base === 0) return { name, state: 'ok', what: 'chosen by the system' };
  const taken: number[] = [];
  const silent: string[] = [];
  const running: string[] = [];
  for (const [offset, service] of serviceNames.entries()) {
    const port = base + offset;
    if (await canListen('127.0.0.1', port)) continue;
    const answer = await ask('127.0.0.1', port, '/metrics');
    if (says(answer, `ja4_${service}_`)) running.push(service);
    else if (answer.kind === 'silent') silent.push(`${service} (port ${port})`);
    else taken.push(port);
  }
  if (taken.length > 0) {
    const what = `${taken.join(', ')} taken by another program: set services.health_port`;
    return { name, state: 'failed', what };
  }
  if (silent.length > 0) {
    const what = `${silent.join(', ')} does not answer: it hangs, or is stopped (kill -CONT), or another program does`;
    return { name, state: 'failed', what };
  }
  const ports = `${base} to ${base + serviceNames.length - 1}`;
  const what = running.length === 0 ? `${ports} are free` : `${running.join(', ')} answer on ${ports}`;
  return { name, state: 'ok', what };
}
