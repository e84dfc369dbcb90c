import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { loadConfig } from '../config/load-config.ts';
import { openStore, retentionOf, topologyOf } from './open-store.ts';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

const settings = (variables: NodeJS.ProcessEnv) => loadConfig({ environment: variables });

it('gives up a store that takes connections and answers nothing', async () => {
  const sockets = new Set<{ destroy(): void }>();
  const hung = createServer((socket) => sockets.add(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  open.push(hung);
  await once(hung, 'listening');
  const url = `http://127.0.0.1:${(hung.address() as AddressInfo).port}`;
  const store = openStore(settings({ JA4_STORE_URL: url }), 'live', 'reader', { requestTimeoutMs: 200 });
  await expect(store.client.query({ query: 'SELECT 1' })).rejects.toThrow(/^Timeout error/);
  await store.close();
  for (const socket of sockets) socket.destroy();
});

it('knows from the settings where the tables stand', () => {
  const url = { JA4_STORE_URL: 'http://ch.example:8123' };
  expect(topologyOf(settings({}))).toEqual({ kind: 'embedded' });
  expect(topologyOf(settings(url))).toEqual({ kind: 'server' });
  expect(topologyOf(settings({ ...url, JA4_STORE_CLUSTER: 'edge', JA4_STORE_USER: 'ja4' }))).toEqual({
    kind: 'cluster',
    cluster: 'edge',
    dictionaryLogin: { user: 'ja4', password: '' },
  });
});

it('takes how long rows are kept from the settings', () => {
  const variables = { JA4_STORE_RETENTION_DAYS: '30', JA4_STORE_RETENTION_OVERRIDES_AUDIT_LOGS: '1000' };
  expect(retentionOf(settings(variables))).toEqual({ days: 30, overrides: { audit_logs: 1000 } });
});
