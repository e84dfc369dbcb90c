import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { operatorError } from '../operator-error.ts';
import type { Service } from './service.ts';

const metricName = (service: string, counter: string) =>
  `ja4_${service}_${counter}`.replace(/[^a-zA-Z0-9_]/g, '_');

/** A page on the web must not read counters through a name that it points at 127.0.0.1 (DNS rebinding). */
const loopbackName = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;

/** Counters in the Prometheus text exposition format, version 0.0.4. */
export function prometheusText(service: string, counters: Readonly<Record<string, number>>): string {
  return Object.entries(counters)
    .filter(([, value]) => Number.isFinite(value))
    .map(([counter, value]) => {
      const name = metricName(service, counter);
      return `# TYPE ${name} untyped\n${name} ${value}\n`;
    })
    .join('');
}

/**
 * `/health` (the process answers), `/ready` (it can do its work; 503 and the reason otherwise) and
 * `/metrics` on the loopback address.
 */
export async function startHealthServer(name: string, service: Service, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string) => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    };
    if (!loopbackName.test(request.headers.host ?? '')) {
      return answer(403, 'text/plain', 'use 127.0.0.1 or localhost\n');
    }
    const path = (request.url ?? '/').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'text/plain', 'GET only\n');
    if (path === '/health') return answer(200, 'application/json', '{"ok":true}\n');
    if (path === '/ready') {
      const state = service.ready();
      return answer(state.ok ? 200 : 503, 'application/json', `${JSON.stringify(state)}\n`);
    }
    if (path === '/metrics') {
      return answer(200, 'text/plain; version=0.0.4', prometheusText(name, service.counters()));
    }
    return answer(404, 'text/plain', 'try /health, /ready or /metrics\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? operatorError(
              'PORT_IN_USE',
              `port ${port} (${name}'s /health) is in use: stop what listens there or set services.health_port`,
            )
          : error,
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  server.unref();
  return server;
}

/** The port that a health server got (it may have been asked for any, 0). */
export const portOf = (server: Server): number => (server.address() as AddressInfo).port;
