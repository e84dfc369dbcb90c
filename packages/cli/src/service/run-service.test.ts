import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { runService } from './run-service.ts';

it('stops a service whose health port is taken, so that its process can end', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  let stopped = 0;
  const service = {
    counters: () => ({}),
    ready: () => ({ ok: true }),
    stop: async () => {
      stopped++;
    },
  };
  const run = runService({
    name: 'store',
    service,
    openStores: () => [],
    healthPort: (other.address() as AddressInfo).port,
    log: pino({ level: 'silent' }),
  });
  await expect(run).rejects.toThrow(/services\.health_port/);
  expect(stopped).toBe(1);
  other.close();
});
