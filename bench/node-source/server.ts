/** A Node server that only answers: `server.ts none|source|no-preface SOCKET`; says its ports and then serves. */
import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { ja4Source } from '../../packages/node-source/src/index.ts';
import { certificate } from '../../test/setup/http2-listener.ts';

const [variant = 'none', socket = ''] = process.argv.slice(2);
const body = 'x'.repeat(1_024);
const answer = (
  _: unknown,
  response: { setHeader(name: string, value: string): unknown; end(text: string): unknown },
) => {
  response.setHeader('content-type', 'text/plain');
  response.end(body);
};
const plain = createServer(answer);
const secure = createSecureServer({ ...certificate(), allowHTTP1: true }, answer);
if (variant !== 'none') {
  const source = ja4Source({ socket, http2Preface: variant !== 'no-preface' });
  for (const server of [plain, secure]) source.attach(server);
  process.on('SIGTERM', async () => {
    await source.close();
    process.stdout.write(`${JSON.stringify(source.counters())}\n`, () => process.exit());
  });
} else process.on('SIGTERM', () => process.stdout.write('{}\n', () => process.exit()));

const listen = (server: Server) =>
  new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
process.stdout.write(`${JSON.stringify([await listen(plain), await listen(secure)])}\n`);
