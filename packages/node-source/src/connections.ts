import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Http2Priority } from '@ja4/fingerprints/http2';
import { type Connection, newConnection } from './connection.ts';
import { http2Facts, type SeenPreface } from './http2-facts.ts';

/** PRIORITY flag of a HEADERS frame (RFC 7540 section 6.2). */
const priorityFlag = 0x20;
/** Window of a connection before any WINDOW_UPDATE (RFC 9113 section 6.9.2). */
const firstWindow = 65_535;
const maxPriorities = 64;

interface Session {
  readonly connection: Connection;
  readonly preface: SeenPreface | undefined;
  readonly priorities: Http2Priority[];
}

/** What is known of the connections that are open, by what Node hands out for them. */
export class Connections {
  readonly #bySocket = new WeakMap<Socket, Connection>();
  readonly #bySession = new WeakMap<ServerHttp2Session, Session>();

  /** Of a socket, best when it is new, because it forgets its peer when it closes. */
  of(socket: Socket): Connection {
    const known = this.#bySocket.get(socket);
    if (known !== undefined) return known;
    const connection = newConnection(socket, socket instanceof TLSSocket);
    this.#bySocket.set(socket, connection);
    // Requests that get no response, or stand in the line behind another one.
    socket.once('close', () => {
      for (const end of [...connection.open.values()]) end();
    });
    return connection;
  }

  /** Of a session that comes into being on a connection. */
  begin(session: ServerHttp2Session, connection: Connection, preface: SeenPreface | undefined): void {
    const priorities: Http2Priority[] = [];
    this.#bySession.set(session, { connection, preface, priorities });
    if (preface === undefined || preface.complete) return;
    // With a listener Node tells PRIORITY frames; only those before the first request are of interest.
    const hear = (stream: number, dependsOn: number, weight: number, exclusive: boolean) => {
      if (priorities.length < maxPriorities) priorities.push({ stream, dependsOn, weight, exclusive });
    };
    session.on('priority', hear);
    session.once('stream', () => session.removeListener('priority', hear));
  }

  /** Of a session that asks for something; the first time also what it says of itself. */
  ofRequest(session: ServerHttp2Session, flags: number, rawHeaders: readonly string[]): Connection {
    const known = this.#bySession.get(session);
    const { connection, preface, priorities } = known ?? {
      connection: newConnection(session.socket, session.encrypted === true),
      preface: undefined,
      priorities: [],
    };
    if (known === undefined) this.#bySession.set(session, { connection, preface, priorities });
    connection.http2 ??= http2Facts(preface, {
      hasPriority: (flags & priorityFlag) !== 0,
      priorities,
      pseudoHeaders: rawHeaders.filter((name, i) => i % 2 === 0 && name.startsWith(':')),
      windowIncrement: (session.state.remoteWindowSize ?? firstWindow) - firstWindow,
      settings: session.remoteSettings,
    });
    return connection;
  }
}
