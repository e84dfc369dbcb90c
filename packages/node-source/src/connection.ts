import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { plainAddress } from './client-address.ts';
import type { Http2Facts } from './http2-facts.ts';
import { jsonText } from './wire-text.ts';

/** Makes connection ids of this process unique among all that ever send. */
const process_ = randomBytes(5).toString('hex');
let connections = 0;

/** What all requests of one TCP connection share. */
export interface Connection {
  /** Undefined without a TCP peer: behind a UNIX socket, or when the peer was gone before it was asked for. */
  readonly peer: string | undefined;
  /** The event's fields about the connection, as JSON without braces. */
  readonly fields: string;
  /** Requests seen. */
  requests: number;
  /** Requests that have not ended, each with what ends it when the connection does. */
  readonly open: Map<object, () => void>;
  /** `socket.bytesWritten` when the last response had ended. */
  bytesWritten: number;
  http2: Http2Facts | undefined;
  /** It has left HTTP. */
  isTunnel: boolean;
}

/** Reads the addresses, which a socket forgets when it closes: to be called early. */
export function newConnection(socket: Socket, isEncrypted: boolean): Connection {
  const peer = plainAddress(socket.remoteAddress ?? '');
  const own = plainAddress(socket.localAddress ?? '');
  const id = `${process_}-${(connections++).toString(36)}`;
  const fields = [
    ...(peer === undefined ? [] : [`"src_ip":${jsonText(peer)},"src_port":${socket.remotePort ?? 0}`]),
    ...(own === undefined ? [] : [`"dst_ip":${jsonText(own)},"dst_port":${socket.localPort ?? 0}`]),
    `"conn_id":"${id}","scheme":"${isEncrypted ? 'https' : 'http'}"`,
  ].join(',');
  return { peer, fields, requests: 0, open: new Map(), bytesWritten: 0, http2: undefined, isTunnel: false };
}
