import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { absentHttpLogRow, insertEncodedHttpLogs } from '@ja4/store';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EngineProcess, select, startEngineProcess } from '../engine-process.test-support.ts';
import { Spool } from '../spool/index.ts';
import { defaultBatchOptions, Inserter } from './inserter.ts';

let engine: EngineProcess;
let folder: string;
beforeAll(async () => {
  engine = await startEngineProcess();
  folder = mkdtempSync(join(tmpdir(), 'ja4-outage-'));
});
afterAll(async () => {
  await engine.remove();
  rmSync(folder, { recursive: true, force: true });
});

const kills = 3;
const log = pino({ level: 'silent' });

it('brings every row into the store exactly once, though the store is killed again and again', async () => {
  const { store } = engine;
  const spool = await Spool.open({ folder, log, commitMs: 1, fsync: false });
  const inserter = new Inserter({
    spool,
    insert: (batch, signal) => insertEncodedHttpLogs(store, batch, signal),
    batch: { ...defaultBatchOptions, rows: 20, flushMs: 10, maxRows: 1_000 },
    clock: () => performance.now(),
    random: Math.random,
    log,
  });
  const host = `${randomUUID()}.example`;
  const startUs = Date.now() * 1000;
  let sent = 0;
  const traffic = setInterval(() => {
    for (let i = 0; i < 2; i++) {
      const row = {
        ...absentHttpLogRow(),
        src_ip: '198.18.16.5',
        peer_ip: '198.18.16.5',
        host,
      };
      spool.append({ ...row, time: startUs + sent, path: `/${sent}`, method: 'GET', correlated: 1 });
      sent++;
    }
  }, 5);
  for (let done = 0; done < kills; done++) {
    await sleep(250);
    await engine.kill();
    await sleep(150);
    await engine.start();
    await expect.poll(() => inserter.ready(), { timeout: 20_000 }).toEqual({ ok: true });
  }
  await sleep(100);
  clearInterval(traffic);
  await spool.flush();
  await inserter.finish(AbortSignal.timeout(40_000));
  expect(await spool.close()).toBe(0);

  expect(inserter.counters()).toMatchObject({ rows_stored: sent, rows_rejected: 0 });
  expect(inserter.counters().insert_failures).toBeGreaterThan(0);
  const [stored] = await select<{ rows: number; paths: number }>(
    store,
    `SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(path)) AS paths
     FROM ja4_logs.http_logs WHERE host = '${host}'`,
  );
  expect(stored).toEqual({ rows: sent, paths: sent });
  const [aggregated] = await select<{ hits: number }>(
    store,
    `SELECT toUInt32(sum(hits)) AS hits FROM ja4_processing.agg_host_ip_ja4_1h WHERE host = '${host}'`,
  );
  expect(aggregated).toEqual({ hits: sent });
}, 120_000);
