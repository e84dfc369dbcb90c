import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { operatorError } from '../operator-error.ts';
import { processMetricsText, prometheusText, readyText } from './prometheus-text.ts';
import type { Service, State } from './service.ts';

/** A page on the web must not read counters through a name that it points at 127.0.0.1 (DNS rebinding). */
const loopbackName = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;

/**
 * `/health` (the process answers and its threads do; counters), `/ready` (it can do its work; 503 and the reason
 * otherwise) and `/metrics` on the loopback address.
 */
export async function startHealthServer(
  name: string,
  service: Pick<Service, 'counters' | 'metricOf' | 'alive'>,
  ready: () => State,
  port: number,
): Promise<Server> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string) => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    };
    if (!loopbackName.test(request.headers.host ?? '')) {
      return answer(403, 'text/plain', 'use 127.0.0.1 or localhost\n');
    }
    const path = (request.url ?? '/').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'text/plain', 'GET only\n');
    if (path === '/health') {
      const state = service.alive?.() ?? { ok: true };
      const body = JSON.stringify({ ...state, service: name, counters: service.counters() });
      return answer(state.ok ? 200 : 503, 'application/json', `${body}\n`);
    }
    if (path === '/ready') {
      const state = ready();
      return answer(state.ok ? 200 : 503, 'application/json', `${JSON.stringify(state)}\n`);
    }
    if (path === '/metrics') {
      const text = readyText(name, { ready }) + prometheusText(name, service) + processMetricsText();
      return answer(200, 'text/plain; version=0.0.4; charset=utf-8', text);
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
