import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { conditional } from './conditional.ts';
import { isDynamic } from './dynamic-paths.ts';
import { DynamicSite } from './dynamic-site.ts';
import type { ShopResponse } from './exchange.ts';
import { readRequest } from './read-request.ts';
import type { StaticFiles } from './static-files.ts';

/** A longer body is refused, 413; one that does not end soon after is not listened to either. */
const longestBody = 65_536;
const longestPatience = 16 * longestBody;

const plain = (status: number, words: string): ShopResponse => ({
  status,
  headers: [['content-type', 'text/plain']],
  body: words,
});

/** The body, or undefined when it is longer than anything the shop's forms send. */
async function bodyOf(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    length += part.length;
    if (length <= longestBody) parts.push(part);
    else if (length > longestPatience) break;
  }
  return length <= longestBody ? Buffer.concat(parts) : undefined;
}

function send(outgoing: ServerResponse, response: ShopResponse, closing: boolean): void {
  const headers: string[] = [];
  for (const [name, value] of response.headers) headers.push(name, value);
  if (response.status !== 304 && response.status !== 204) {
    headers.push('content-length', String(Buffer.byteLength(response.body)));
  }
  if (closing) headers.push('connection', 'close');
  outgoing.writeHead(response.status, headers);
  outgoing.end(response.body);
}

/** The whole shop over HTTP/1.1, for a web server before it. Not yet listening. */
export function shopServer(files: StaticFiles): Server {
  const site = new DynamicSite();
  const answer = (incoming: IncomingMessage, body: Buffer): ShopResponse => {
    const method = incoming.method ?? 'GET';
    const reading = readRequest({
      method,
      target: incoming.url ?? '',
      headers: incoming.headers,
      body,
      peer: incoming.socket.remoteAddress ?? '',
    });
    if (!reading.ok) return plain(reading.reason === 'traversal' ? 403 : 400, `Refused: ${reading.reason}\n`);
    const { request } = reading;
    if (isDynamic(request.path)) return site.answer(request);
    if (method !== 'GET' && method !== 'HEAD') return plain(405, 'Only to be read\n');
    return files.answer(request.path) ?? files.missing;
  };
  return createServer({ keepAliveTimeout: 65_000, requestTimeout: 30_000 }, (incoming, outgoing) => {
    bodyOf(incoming).then(
      (body) => {
        if (body === undefined) return send(outgoing, plain(413, 'Too long\n'), true);
        const noneMatch = incoming.headers['if-none-match'];
        const modifiedSince = incoming.headers['if-modified-since'];
        const response = conditional(answer(incoming, body), {
          method: incoming.method ?? 'GET',
          ...(noneMatch === undefined ? {} : { noneMatch }),
          ...(modifiedSince === undefined ? {} : { modifiedSince }),
        });
        send(outgoing, response, false);
      },
      // The client went away in the middle of its request.
      () => outgoing.destroy(),
    );
  });
}
