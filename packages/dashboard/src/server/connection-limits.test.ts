import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connectStore } from '@ja4/store';
import { expect, it } from 'vitest';
import { buildApp } from './app.ts';
import { silent } from './sample-traffic.test-support.ts';

it('keeps a bounded number of connections, and none that is slow to say what it wants', async () => {
  const store = connectStore({ url: 'http://127.0.0.1:1' });
  const datasets = [{ name: 'live', label: 'Live', store }];
  const { app } = await buildApp({ host: '127.0.0.1', port: 0, datasets, dataDir: '', log: silent });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  const sockets: Socket[] = [];
  for (let i = 0; i < 500; i++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
  }
  const oneMore = connect(port, '127.0.0.1');
  oneMore.on('error', () => undefined);
  await once(oneMore, 'close');
  expect(app.server.headersTimeout).toBeLessThanOrEqual(10_000);
  expect(app.server.requestTimeout).toBe(10_000);
  for (const socket of sockets) socket.destroy();
  await app.close();
  await store.close();
});
