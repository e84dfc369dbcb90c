import { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import {
  Http2ServerRequest,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type Server, Socket } from 'node:net';
import { TLSSocket, Server as TlsServer } from 'node:tls';
import type { Connection } from './connection.ts';
import { Connections } from './connections.ts';
import type { Containment } from './containment.ts';
import { readFirstBytes } from './first-bytes.ts';
import { observeHttp1, recordHttp1, recordMalformed } from './http1-request.ts';
import type { SeenPreface } from './http2-facts.ts';
import { observeHttp2 } from './http2-request.ts';
import type { RequestRecorder } from './request-recorder.ts';

export interface WatchOptions {
  readonly recorder: RequestRecorder;
  readonly containment: Containment;
  /** Look at the first bytes of HTTP/2 connections. */
  readonly readsFirstBytes: boolean;
}

/** A connection on which `session` will be emitted at once. */
interface Arriving {
  readonly connection: Connection;
  readonly preface: SeenPreface | undefined;
}

type Emit = (event: string | symbol, ...args: unknown[]) => boolean;
type StreamArguments = [ServerHttp2Stream, IncomingHttpHeaders, number, string[]];

/**
 * Sees what servers emit, before their listeners do. Listeners of our own would not do: some events change what
 * a server does by having one (`upgrade`, `checkContinue`, on HTTP/2 `request`), and each request is told by
 * only one of them.
 */
export class ServerWatch {
  readonly #options: WatchOptions;
  readonly #connections = new Connections();
  readonly #servers = new WeakSet<Server>();
  #arriving: Arriving | undefined;
  isClosed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Throws for what is no HTTP server. */
  attach(server: Server): void {
    const { isHttp2, isTls } = kindOf(server);
    if (this.#servers.has(server)) return;
    this.#servers.add(server);
    const opening = isTls ? 'secureConnection' : 'connection';
    const emit: Emit = server.emit;
    server.emit = (event: string | symbol, ...args: unknown[]): boolean => {
      if (!this.isClosed) {
        const [first] = args;
        if (event === opening && first instanceof Socket) {
          return this.#open(first, isHttp2, () => emit.call(server, event, ...args));
        }
        this.#see(event, args);
      }
      return emit.call(server, event, ...args);
    };
  }

  /** A request that a framework hands to its middleware, unless it was already seen. */
  observe(request: IncomingMessage | Http2ServerRequest, response: unknown): void {
    if (this.isClosed) return;
    if (request instanceof Http2ServerRequest) {
      this.#see('stream', [request.stream, request.headers, 0, request.rawHeaders]);
    } else this.#see('request', [request, response]);
  }

  #open(socket: Socket, isHttp2: boolean, pass: () => boolean): boolean {
    const connection = this.#known(socket);
    const speaksHttp2 = isHttp2 && (!(socket instanceof TLSSocket) || socket.alpnProtocol === 'h2');
    if (connection === undefined || !speaksHttp2) return pass();
    if (!this.#options.readsFirstBytes) return this.#passWith({ connection, preface: undefined }, pass);
    readFirstBytes(socket, (preface) => this.#passWith({ connection, preface }, pass));
    return true;
  }

  #known(socket: Socket): Connection | undefined {
    try {
      return this.#connections.of(socket);
    } catch (error) {
      this.#options.containment.failed(error);
      return undefined;
    }
  }

  /** Node emits `session` while it emits the connection, so that is the session of this connection. */
  #passWith(arriving: Arriving, pass: () => boolean): boolean {
    this.#arriving = arriving;
    try {
      return pass();
    } finally {
      this.#arriving = undefined;
    }
  }

  #see(event: string | symbol, args: unknown[]): void {
    try {
      this.#take(event, args);
    } catch (error) {
      this.#options.containment.failed(error);
    }
  }

  #take(event: string | symbol, args: unknown[]): void {
    const [first, second] = args;
    switch (event) {
      case 'request':
      case 'checkContinue':
      case 'checkExpectation':
        if (first instanceof IncomingMessage && second instanceof ServerResponse)
          this.#request(first, second);
        return;
      case 'upgrade':
      case 'connect':
        if (first instanceof IncomingMessage) this.#tunnel(first);
        return;
      case 'clientError':
        if (first instanceof Error && second instanceof Socket) this.#malformed(first, second);
        return;
      case 'dropRequest':
        // More than `maxRequestsPerSocket`: Node answers by itself.
        if (first instanceof IncomingMessage) this.#refused(first);
        return;
      case 'session':
        if (this.#arriving !== undefined) {
          const { connection, preface } = this.#arriving;
          this.#connections.begin(first as ServerHttp2Session, connection, preface);
        }
        return;
      case 'stream':
        if (isStreamEvent(args)) this.#stream(args);
        return;
    }
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    // Tests of a site hand requests to it that came over no network.
    if (!(request.socket instanceof Socket)) return;
    const { recorder, containment } = this.#options;
    observeHttp1(recorder, this.#connections.of(request.socket), request, response, containment);
  }

  #tunnel(request: IncomingMessage): void {
    const connection = this.#connections.of(request.socket);
    // Some sites pass the event on to another server.
    if (connection.isTunnel) return;
    connection.isTunnel = true;
    recordHttp1(this.#options.recorder, connection, request);
  }

  #refused(request: IncomingMessage): void {
    recordHttp1(this.#options.recorder, this.#connections.of(request.socket), request, 503);
  }

  /** What Node's parser refuses has no method, no path and no headers. */
  #malformed(error: Error, socket: Socket): void {
    const code = 'code' in error ? String(error.code) : '';
    const connection = this.#connections.of(socket);
    // The body of a request that is known, or the end of a connection, is no other request.
    if (!code.startsWith('HPE_') || code === 'HPE_INVALID_EOF_STATE' || connection.open.size > 0) return;
    recordMalformed(this.#options.recorder, connection, code);
  }

  #stream([stream, headers, flags, rawHeaders]: StreamArguments): void {
    const { session } = stream;
    if (session === undefined) return;
    const { recorder, containment } = this.#options;
    const connection = this.#connections.ofRequest(session as ServerHttp2Session, flags, rawHeaders);
    observeHttp2(recorder, connection, stream, headers, rawHeaders, containment);
  }
}

function kindOf(server: Server): { isHttp2: boolean; isTls: boolean } {
  const isHttp2 = 'updateSettings' in server;
  const isTls = server instanceof TlsServer;
  if (isHttp2 || isTls || server instanceof HttpServer) return { isHttp2, isTls };
  throw new Error(
    'attach: pass the server that createServer of node:http, node:https or node:http2 returned',
  );
}

/** Node exports no class to ask for. */
function isStreamEvent(args: unknown[]): args is StreamArguments {
  const [stream, headers, flags, rawHeaders] = args;
  return (
    typeof stream === 'object' &&
    stream !== null &&
    'sentHeaders' in stream &&
    typeof headers === 'object' &&
    typeof flags === 'number' &&
    Array.isArray(rawHeaders)
  );
}
