import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { ClickHouseFailure, engineFailure, failure, httpFailure } from './clickhouse-error.ts';
import type { EngineCounters } from './counters.ts';
import { limitedRole, type Role, readLogin, roleOfLogin } from './credentials.ts';
import { readRequest } from './request.ts';
import { HttpSink, negotiate } from './response.ts';
import type { StatementRunner } from './statement-runner.ts';

export interface HttpServerOptions {
  host: string;
  port: number;
  passwords: ReadonlyMap<Role, string>;
  runner: StatementRunner;
  /** Names of the engine's settings. */
  settingNames: ReadonlySet<string>;
  counters: EngineCounters;
  version: string;
  /** Resolves when the engine answers. */
  ping: () => Promise<void>;
  log: Logger;
}

/** A listening server: where it is, and how to end it. */
export interface HttpServer {
  url: string;
  /**
   * Takes no new connection; resolves when the last one is closed.
   * @param drained when it has resolved, open responses get 2 s more
   */
  close(drained: Promise<void>): Promise<void>;
}

/**
 * A header must arrive at once; a body may be a gigabyte of rows. Parameters travel in the URL, which is longer than
 * Node allows by default.
 */
const limits = {
  maxHeaderSize: 256 * 1024,
  keepAliveTimeout: 10_000,
  headersTimeout: 15_000,
  requestTimeout: 600_000,
  connectionsCheckingInterval: 5_000,
};
/** So that strangers' connections leave descriptors for the tables. */
const mostConnections = 1_000;

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether a Host header names this machine's loopback: a page under another name must not reach the store. */
function isAllowedHost(header: string | undefined, host: string): boolean {
  if (header === undefined) return true;
  const name = header.replace(/:\d+$/, '').toLowerCase();
  return loopbackNames.has(name) || name === host.toLowerCase();
}

/**
 * Listens for ClickHouse's HTTP interface.
 * @throws Error with code EADDRINUSE, EACCES, … and what to do about it
 */
export async function listen(options: HttpServerOptions): Promise<HttpServer> {
  const server = createServer(limits, (request, response) => {
    handle(request, response, options).catch((error: unknown) => {
      options.log.error({ err: error }, 'a request failed outside of its statement');
      response.destroy();
    });
  });
  server.maxConnections = mostConnections;
  server.on('drop', () => options.counters.add('connections_refused'));
  server.on('clientError', (error, socket) => {
    const tooLong = 'code' in error && error.code === 'HPE_HEADER_OVERFLOW';
    const status = tooLong ? '431 Request Header Fields Too Large' : '400 Bad Request';
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
  });
  await bind(server, options);
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    close: async (drained) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      const idle = setInterval(() => server.closeIdleConnections(), 50);
      const late = drained.then(() => setTimeout(() => server.closeAllConnections(), 2_000));
      await promise;
      clearInterval(idle);
      clearTimeout(await late);
    },
  };
}

async function bind(server: Server, { host, port }: HttpServerOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  try {
    await promise;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
    const remedy =
      code === 'EADDRINUSE'
        ? `port ${port} is taken: stop what listens there, or set store.port to another one`
        : `${code}: choose another store.port`;
    throw Object.assign(
      new Error(`The store cannot listen on ${host}:${port}: ${remedy}.`, { cause: error }),
      {
        code,
      },
    );
  }
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpServerOptions,
): Promise<void> {
  const { counters } = options;
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  response.setHeader('X-ClickHouse-Server-Display-Name', 'ja4-store');
  let sink = new HttpSink(response, undefined, () => undefined);
  try {
    if (!isAllowedHost(request.headers.host, options.host)) {
      counters.add('hosts_refused');
      throw httpFailure(403, 'This name does not belong to the store; use localhost or 127.0.0.1.');
    }
    const url = requestUrl(request.url ?? '/');
    if (url.pathname === '/ping' || url.pathname === '/replicas_status') {
      await options.ping();
      return void response.end('Ok.\n');
    }
    if (url.pathname !== '/') throw httpFailure(404, `There is no ${url.pathname.slice(0, 80)} here.`);
    if (!['GET', 'HEAD', 'POST'].includes(request.method ?? '')) throw httpFailure(405, 'Use GET or POST.');
    if (request.method !== 'POST' && url.searchParams.size === 0) return void response.end('Ok.\n');
    const login = readLogin(request.headers, url.searchParams);
    if (login === undefined)
      throw failure(
        'REQUIRED_PASSWORD',
        'The store needs a user and a password (store.password in its data folder).',
      );
    const role = roleOfLogin(login, options.passwords);
    if (role === undefined) {
      counters.add('logins_failed');
      throw failure(
        'AUTHENTICATION_FAILED',
        'Authentication failed: password is incorrect, or there is no user with such name.',
      );
    }
    const statement = await readRequest(request, url, options.settingNames);
    const limited = limitedRole(role, statement.roles);
    response.setHeader('X-ClickHouse-Query-Id', queryId(statement.queryId));
    response.setHeader('X-ClickHouse-Timezone', 'UTC');
    const encoding = negotiate(request, statement.compressResponse);
    sink = new HttpSink(response, encoding, (bytes) => counters.add('bytes_sent', bytes));
    await options.runner.run(statement, limited, sink, gone.signal);
  } catch (error) {
    const failed = asFailure(error);
    counters.error(failed.code);
    if (failed.status === 401)
      response.setHeader('WWW-Authenticate', 'Basic realm="ClickHouse server HTTP API"');
    // A stranger's body is not read on; the connection cannot be used again.
    if (!request.complete && [401, 403].includes(failed.status) && !response.headersSent)
      response.setHeader('Connection', 'close');
    sink.fail(failed, options.version);
    // The rest of the body is read past, so that the client gets to the answer.
    request.unpipe();
    request.removeAllListeners('readable');
    request.resume();
  }
}

/** @throws ClickHouseFailure with status 400 for a target that is no address */
function requestUrl(target: string): URL {
  const url = URL.parse(target, 'http://store');
  if (url === null) throw httpFailure(400, 'The request line holds no valid path.');
  return url;
}

/** The client's query id if a header can carry it, otherwise a new one. */
function queryId(wanted: string | undefined): string {
  return wanted !== undefined && /^[\x21-\x7e]{1,256}$/.test(wanted) ? wanted : randomUUID();
}

function asFailure(error: unknown): ClickHouseFailure {
  if (error instanceof ClickHouseFailure) return error;
  if (error instanceof Error && error.name === 'AbortError')
    return failure('QUERY_WAS_CANCELLED', 'Query was cancelled.');
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/^(?:Z_|ERR_ZLIB|ZSTD_|ERR__ERROR_FORMAT|ERR_BROTLI|ERR_PADDING)/.test(code))
    return failure('INCORRECT_DATA', 'The body is not what its Content-Encoding says.');
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE')
    return failure('QUERY_WAS_CANCELLED', 'The client went away.');
  return engineFailure(error);
}
