import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connectStore } from '@ja4/store';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { recordCounters } from './counter-records.ts';

it('says that a store takes nothing, and does not ask one that hangs again before it is given up', async () => {
  const sockets: Socket[] = [];
  let answers = false;
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.on('data', () => {
      if (answers) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const records = recordCounters({
    name: 'dashboard',
    service: { counters: () => ({ pages: 1 }) },
    openStores: () => [connectStore({ url, requestTimeoutMs: 400 })],
    log: pino({ level: 'silent' }),
    everyMs: 20,
  });
  expect(records.state()).toEqual({ ok: true });
  await vi.waitFor(() => expect(records.state()).toMatchObject({ ok: false }), 5_000);
  expect(records.state().why).toMatch(/^the store takes nothing: Timeout error/);
  expect(sockets.length).toBeLessThanOrEqual(2);
  answers = true;
  await vi.waitFor(() => expect(records.state()).toEqual({ ok: true }), 5_000);
  await records.stop();
  for (const socket of sockets) socket.destroy();
  server.close();
});

it('stores what this process counted, without what it goes on from', async () => {
  const rows: unknown[] = [];
  const server = createHttpServer(async (request, response) => {
    rows.push(JSON.parse(await text(request)));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const records = recordCounters({
    name: 'correlator',
    service: { counters: () => ({ rows: 12, held: 3 }), carried: () => ({ rows: 10, seq_lost: 1 }) },
    openStores: () => [connectStore({ url })],
    log: pino({ level: 'silent' }),
    everyMs: 20,
  });
  await vi.waitFor(() => expect(rows.length).toBeGreaterThan(0), 5_000);
  expect(rows[0]).toMatchObject({ service: 'correlator', counters: { rows: 2, held: 3, seq_lost: 0 } });
  await records.stop();
  server.close();
});
