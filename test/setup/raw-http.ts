/** Requests as bytes of our choice: what no well-behaved client library would send. */
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';

/**
 * Sends parts one after the other on one connection to 127.0.0.1 and returns all that came back (Latin-1)
 * until the server closed it.
 */
export async function exchange(
  port: number,
  parts: readonly (string | Uint8Array)[],
  localPort?: number,
): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', ...(localPort === undefined ? {} : { localPort }) });
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  const closed = once(socket, 'close');
  // A reset after the answer, because the server did not want the rest, is an end like any other.
  socket.on('error', () => {});
  await once(socket, 'connect');
  for (const [i, part] of parts.entries()) {
    if (i > 0) await pause(5);
    socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
  }
  await closed;
  return answer;
}

/** Sends parts one after the other, waits for something else, and breaks the connection off. */
export async function sendUntil(
  port: number,
  parts: readonly Uint8Array[],
  until: () => Promise<unknown>,
): Promise<void> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true).resume();
  socket.on('error', () => {});
  await once(socket, 'connect');
  for (const [i, part] of parts.entries()) {
    if (i > 0) await pause(1);
    socket.write(part);
  }
  await until();
  socket.destroy();
}

/** Status codes of the answers in what `exchange` returned. */
export const statusCodes = (answer: string): number[] =>
  [...answer.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map((match) => Number(match[1]));

/** One HTTP/1 request; header lines are sent exactly as given. */
export function request(target: string, lines: readonly string[], version = '1.1'): string {
  return `GET ${target} HTTP/${version}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}

/**
 * Writes everything in pieces of `bytes`, each with a system call (and a TLS record) of its own; only the first
 * 24 bytes go together, because mod_http2 takes a connection for HTTP/1 unless the magic comes in one read.
 */
function inPieces(socket: Socket, bytes: number): Duplex {
  let piece = Math.max(bytes, http2Preface.length);
  const duplex = new Duplex({
    read: () => socket.resume(),
    write(chunk: Buffer, _encoding, done) {
      const next = (at: number): void => {
        const end = at + piece;
        piece = bytes;
        if (at >= chunk.length) done();
        else socket.write(chunk.subarray(at, end), () => setImmediate(next, end));
      };
      next(0);
    },
    final(done) {
      socket.end(done);
    },
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (data) => duplex.push(data) || socket.pause());
  socket.on('end', () => duplex.push(null));
  socket.on('error', (error) => duplex.destroy(error));
  return duplex;
}

/** An HTTP/2 connection to 127.0.0.1, with prior knowledge or over TLS, optionally in pieces. */
export async function http2Session(
  port: number,
  kind: 'h2c' | 'tls',
  pieces?: number,
): Promise<ClientHttp2Session> {
  const socket =
    kind === 'tls'
      ? connectTls({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false })
      : connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  await once(socket, kind === 'tls' ? 'secureConnect' : 'connect');
  const stream = pieces === undefined ? socket : inPieces(socket, pieces);
  const session = connectHttp2(`${kind === 'tls' ? 'https' : 'http'}://localhost:${port}`, {
    createConnection: () => stream,
  });
  session.on('error', () => {});
  return session;
}

/** A GET over HTTP/2 with header fields in the order given; the status code. */
export async function http2Get(
  session: ClientHttp2Session,
  path: string,
  fields: readonly (readonly [name: string, value: string])[],
): Promise<number> {
  const headers: Record<string, string | string[]> = { ':method': 'GET', ':path': path };
  for (const [name, value] of fields) {
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  const stream = session.request(headers);
  let status = 0;
  stream.on('response', (answer) => {
    status = Number(answer[':status']);
  });
  stream.resume();
  await once(stream, 'close');
  return status;
}

export const http2Preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** An HTTP/2 frame (RFC 9113, 4.1). */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** A SETTINGS frame with identifiers and values in the order given. */
export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(settings.length * 6);
  for (const [i, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, i * 6);
    payload.writeUInt32BE(value, i * 6 + 2);
  }
  return frame(4, 0, 0, payload);
}

/** A string literal of HPACK without Huffman coding (RFC 7541, 5.2); at most 16,510 bytes. */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const rest = bytes.length - 127;
  const length = rest < 0 ? [bytes.length] : rest < 128 ? [127, rest] : [127, 128 | (rest & 127), rest >> 7];
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** Fields as literals that are not indexed (RFC 7541, 6.2.2): a header block without any compression. */
export function headerBlock(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}
