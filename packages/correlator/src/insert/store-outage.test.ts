import { absentHttpLogRow, insertHttpLogs } from '@ja4/store';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EngineProcess, select, startEngineProcess } from '../engine-process.test-support.ts';
import { defaultBatchOptions, Inserter } from './inserter.ts';

let engine: EngineProcess;
beforeAll(async () => {
  engine = await startEngineProcess();
});
afterAll(() => engine.remove());

const kills = 3;
const largestBatch = 200;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it('brings every row into the store, though the store is killed again and again', async () => {
  const { store } = engine;
  const inserter = new Inserter({
    insert: (rows, token) => insertHttpLogs(store, rows, token),
    batch: { ...defaultBatchOptions, rows: 20, flushMs: 10, maxRows: largestBatch },
    instance: 'test',
    clock: () => performance.now(),
    random: Math.random,
    log: pino({ level: 'silent' }),
  });
  const startUs = Date.now() * 1000;
  let sent = 0;
  const traffic = setInterval(() => {
    for (let i = 0; i < 5; i++) {
      const row = {
        ...absentHttpLogRow(),
        src_ip: '198.18.16.5',
        peer_ip: '198.18.16.5',
        host: 'shop.example',
      };
      inserter.add({ ...row, time: startUs + sent, path: `/${sent}`, method: 'GET', correlated: 1 });
      sent++;
    }
  }, 5);
  for (let done = 0; done < kills; done++) {
    await pause(250);
    await engine.kill();
    await pause(150);
    await engine.start();
    await expect.poll(() => inserter.ready(), { timeout: 20_000 }).toEqual({ ok: true });
  }
  await pause(100);
  clearInterval(traffic);
  expect(await inserter.stop(20_000)).toBe(0);

  expect(inserter.counters()).toMatchObject({ rows_stored: sent, rows_lost: 0, rows_rejected: 0 });
  expect(inserter.counters().insert_failures).toBeGreaterThan(0);
  const [stored] = await select<{ rows: number; paths: number }>(
    store,
    'SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(path)) AS paths FROM ja4_logs.http_logs',
  );
  expect(stored?.paths).toBe(sent);
  const [aggregated] = await select<{ hits: number }>(
    store,
    'SELECT toUInt32(sum(hits)) AS hits FROM ja4_processing.agg_host_ip_ja4_1h',
  );
  // The engine writes a batch first and its token a moment later: of each kill, the batch that was just being
  // written may come twice, in all tables.
  for (const rows of [stored?.rows, aggregated?.hits]) {
    expect(rows).toBeGreaterThanOrEqual(sent);
    expect(rows).toBeLessThanOrEqual(sent + kills * largestBatch);
  }
}, 60_000);
