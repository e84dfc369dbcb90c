import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '@ja4/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineProcess, select, startEngineProcess } from '../engine-process.test-support.ts';
import type { NetworkEvent } from '../event/network-event.ts';
import { defaultJoinOptions } from '../join/join-options.ts';
import { type ReplayReport, replay } from './replay.ts';

let engine: EngineProcess;
let workDir: string;
beforeAll(async () => {
  engine = await startEngineProcess();
  workDir = mkdtempSync(join(tmpdir(), 'ja4-replay-'));
});
afterAll(async () => {
  await engine.remove();
  rmSync(workDir, { recursive: true, force: true });
});

const startMs = Date.UTC(2025, 0, 15, 12);
const connections = 40;
const requestsEach = 5;

const peer = (i: number) => ({ src_ip: `2001:db8:16::${i.toString(16)}`, src_port: 40_000 + i });

/** One handshake per connection, a second apart. */
function handshake(i: number): NetworkEvent {
  return {
    timestamp: (startMs + i * 1_000) * 1e6,
    sensor_id: 's1',
    conn_id: `n${i}`,
    transport: 'tcp',
    ...peer(i),
    dst_ip: '2001:db8:0:1::10',
    dst_port: 443,
    has_syn: true,
    tls_alpn_offered: [],
    ja4: 't13d1516h2_8daaf6152771_d8a2da3f94cd',
  };
}

/** Requests over a minute: the later ones overlap with other connections. */
function requestLines(): string[] {
  const requests = Array.from({ length: connections * requestsEach }, (_, k) => {
    const i = k % connections;
    const n = Math.floor(k / connections);
    const beganMs = startMs + i * 1_000 + 50 + n * 12_000;
    return { beganMs, endedMs: beganMs + 30 * n, i, n };
  });
  return requests
    .toSorted((a, b) => a.endedMs - b.endedMs)
    .map(({ beganMs, endedMs, i, n }) =>
      JSON.stringify({
        timestamp: beganMs * 1e6,
        ...peer(i),
        dst_ip: '2001:db8:0:1::10',
        dst_port: 443,
        conn_id: `c${i}`,
        method: 'GET',
        host: 'shop.example',
        path: `/${i}/${n}`,
        duration_ms: endedMs - beganMs,
      }),
    );
}

async function* from<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values;
}

const handshakes = () => Array.from({ length: connections }, (_, i) => handshake(i));

function play(store: Store, changes: Partial<Parameters<typeof replay>[0]> = {}): Promise<ReplayReport> {
  return replay({
    store,
    network: from(handshakes()),
    http: from(requestLines()),
    join: defaultJoinOptions,
    workDir,
    ...changes,
  });
}

const countRows = async (store: Store): Promise<number> => {
  const [found] = await select<{ rows: number }>(
    store,
    'SELECT toUInt32(count()) AS rows FROM ja4_logs.http_logs',
  );
  return found?.rows ?? -1;
};

describe('a replay', () => {
  const total = connections * requestsEach;

  it('joins recorded events on their own clock, and does not double them when it is repeated', async () => {
    const { store } = engine;
    const first = await play(store);
    expect(first).toMatchObject({
      networkEvents: connections,
      httpLines: total,
      rows: total,
      correlated: total,
      orphans: 0,
      rejected: {},
      from: '2025-01-15T12:00:00.050Z',
      to: '2025-01-15T12:01:27.050Z',
    });
    expect(await countRows(store)).toBe(total);

    const again = await play(store, { http: from(requestLines()) });
    expect({ ...again, seconds: 0 }).toEqual({ ...first, seconds: 0 });
    expect(await countRows(store)).toBe(total);
    const [hits] = await select(
      store,
      'SELECT toUInt32(sum(hits)) AS hits FROM ja4_processing.agg_host_ip_ja4_1h',
    );
    expect(hits).toEqual({ hits: total });

    const shifted = await play(store, { shiftMs: 3_600_000 });
    expect(shifted).toMatchObject({ rows: total, from: '2025-01-15T13:00:00.050Z' });
    expect(await countRows(store)).toBe(2 * total);
  });

  it('gives the same rows when the events are somewhat out of order', async () => {
    const swap = <T>(values: T[]) => values.map((_, i) => values[i ^ 1] ?? (values[i] as T));
    const before = await countRows(engine.store);
    const report = await play(engine.store, {
      network: from(swap(handshakes())),
      http: from(swap(requestLines())),
    });
    expect(report).toMatchObject({ rows: total, correlated: total });
    expect(await countRows(engine.store)).toBe(before);
  });

  it('counts what it cannot take by reason, names the first lines, and goes on', async () => {
    const lines = ['{"timestamp":', '', JSON.stringify({ timestamp: 17 }), ...requestLines()];
    const report = await play(engine.store, {
      http: from(lines),
      network: from([{ ...handshake(0), src_ip: 'not an address' }]),
      shiftMs: 86_400_000,
    });
    expect(report).toMatchObject({
      httpLines: total + 3,
      rows: total,
      correlated: 0,
      orphans: total,
      rejected: { http_not_json: 1, http_bad_timestamp: 1, network_bad_address: 1 },
    });
    expect(report.firstProblems.toSorted()).toEqual([
      'HTTP line 1: not_json',
      'HTTP line 3: bad_timestamp',
      'handshake 1: bad_address',
    ]);
  });

  it('keeps to a rate', async () => {
    const seconds = 0.5;
    const said: string[] = [];
    const report = await play(engine.store, {
      rate: total / seconds,
      shiftMs: 2 * 86_400_000,
      onProgress: (text) => said.push(text),
    });
    expect(report.rows).toBe(total);
    expect(report.seconds).toBeGreaterThan(seconds * 0.9);
    expect(said.length).toBeGreaterThan(0);
  });

  it('says what is wrong when a source ends in the middle', async () => {
    const broken = async function* () {
      yield requestLines()[0] as string;
      throw new Error('unexpected end of file');
    };
    await expect(play(engine.store, { http: broken() })).rejects.toThrow('unexpected end of file');
    expect(readdirSync(workDir)).toEqual([]);
  });
});
