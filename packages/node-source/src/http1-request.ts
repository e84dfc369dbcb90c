import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connection } from './connection.ts';
import type { Containment } from './containment.ts';
import type { Arrival, RequestRecorder } from './request-recorder.ts';

/** Watches a request until its response has been handed to the system, or its connection has ended. */
export function observeHttp1(
  recorder: RequestRecorder,
  connection: Connection,
  request: IncomingMessage,
  response: ServerResponse,
  containment: Containment,
): void {
  if (connection.open.has(request)) return;
  const { socket } = request;
  const startedAt = performance.now();
  const end = recorder.begin(arrivalOf(connection, request));
  // Pipelined responses go out one after the other, so each begins where the one before has ended.
  if (connection.open.size === 0) connection.bytesWritten = socket.bytesWritten;
  const finish = () => {
    try {
      if (!connection.open.delete(request)) return;
      const before = connection.bytesWritten;
      connection.bytesWritten = socket.bytesWritten;
      const written = connection.bytesWritten - before - headerLength(response);
      end({
        status: response.headersSent ? response.statusCode : undefined,
        responseSize: response.headersSent ? Math.max(0, written) : undefined,
        durationMs: millisecondsSince(startedAt),
      });
    } catch (error) {
      containment.failed(error);
    }
  };
  connection.open.set(request, finish);
  // Before Node's own listener, which lets the next pipelined response out.
  response.prependListener('finish', finish);
}

/** A request whose connection leaves HTTP (Upgrade, CONNECT) or that is refused: there is no end to wait for. */
export function recordHttp1(
  recorder: RequestRecorder,
  connection: Connection,
  request: IncomingMessage,
  status?: number,
): void {
  recorder.begin(arrivalOf(connection, request))({ status });
}

/** What Node answers by itself, unless the site listens to `clientError`: its documentation of that event. */
const statusOf = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
]);

/** A request that cannot be read. */
export function recordMalformed(recorder: RequestRecorder, connection: Connection, code: string): void {
  const nothing = { method: '', target: '', httpVersion: '', rawHeaders: [], message: { headers: {} } };
  recorder.begin({ connection, ...nothing })({ status: statusOf.get(code) ?? 400 });
}

/** Milliseconds with three decimals. */
export function millisecondsSince(startedAt: number): number {
  return Math.round((performance.now() - startedAt) * 1000) / 1000;
}

function arrivalOf(connection: Connection, request: IncomingMessage): Arrival {
  return {
    connection,
    method: request.method ?? '',
    target: originalTarget(request),
    httpVersion: `HTTP/${request.httpVersion}`,
    rawHeaders: request.rawHeaders,
    message: request,
  };
}

/** Routers of Express and Connect shorten `url` below a mount point and keep the whole here. */
function originalTarget(request: IncomingMessage): string {
  const original = 'originalUrl' in request ? request.originalUrl : undefined;
  return typeof original === 'string' ? original : (request.url ?? '');
}

/** Of the response's status line and header, which Node keeps as the text that it sends. */
function headerLength(response: ServerResponse): number {
  const header = '_header' in response ? response._header : undefined;
  return typeof header === 'string' ? header.length : 0;
}
