import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectStore, insertHttpLogs, migrate, readStorePassword, startEngine } from '@ja4/store';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { personRequests, scannerRequests } from '../test/requests.ts';
import { type Service, startDetector } from './detector.ts';
import { seededRandom } from './random.ts';

const until = async (what: string, done: () => boolean) => {
  const end = Date.now() + 20_000;
  while (!done()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

describe('the detector service', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ja4-detector-'));
  const log = pino({ level: 'silent' });
  let engine: Awaited<ReturnType<typeof startEngine>>;
  let service: Service | undefined;

  beforeAll(async () => {
    engine = await startEngine({ dataDir: dir, port: 0, log });
  });
  afterAll(async () => {
    await service?.stop();
    await engine?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('goes on with the other stores when one is down, and says which', async () => {
    const store = connectStore({ url: engine.url, password: readStorePassword(dir) });
    const down = connectStore({
      url: 'http://127.0.0.1:9',
      databases: { logs: 'down_logs', processing: 'down_processing' },
    });
    await migrate(store);
    const random = seededRandom(1);
    const start = Date.now() - 600_000;
    await insertHttpLogs(store, [...personRequests(random, 1, start), ...scannerRequests(random, 1, start)]);

    service = await startDetector({
      stores: [down, store],
      cycleSeconds: 3600,
      scoreSeconds: 0.2,
      modelDir: join(dir, 'models'),
      log,
    });
    expect(service.ready()).toEqual({ ok: false, why: 'the first detection pass is not done yet' });
    await until('a scoring pass', () => (service?.counters().scoring_passes ?? 0) > 0);
    expect(service.counters()).toMatchObject({ training_cycles: 1, sessions_scored: 2 });
    expect(service.counters().failures).toBeGreaterThan(0);
    expect(service.ready()).toMatchObject({ ok: false, why: expect.stringMatching(/^down_processing: /) });

    const before = service.counters().sessions_scored ?? 0;
    await insertHttpLogs(store, personRequests(random, 2, Date.now() - 5000));
    await until('the new visitor', () => (service?.counters().sessions_scored ?? 0) > before);

    // Replayed or reported late: requests of 25 minutes ago that arrive only now.
    const known = service.counters().sessions_scored ?? 0;
    await insertHttpLogs(store, personRequests(random, 3, Date.now() - 1_500_000));
    await until('the visitor of some time ago', () => (service?.counters().sessions_scored ?? 0) > known);
    const settled = service.counters();
    await until(
      'another pass',
      () => (service?.counters().scoring_passes ?? 0) > (settled.scoring_passes ?? 0) + 1,
    );
    expect(service.counters().sessions_scored, 'nobody is written twice without a reason').toBe(
      settled.sessions_scored,
    );

    await service.stop();
    const after = service.counters();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(service.counters()).toEqual(after);
    await Promise.all([store.close(), down.close()]);
  }, 60_000);
});
