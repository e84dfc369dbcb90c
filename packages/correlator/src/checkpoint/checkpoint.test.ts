import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { HttpLogRow } from '@ja4/store';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../intake/datagram-sender.test-support.ts';
import { defaultJoinOptions, type JoinOptions } from '../join/join-options.ts';
import { Pipeline } from '../pipeline.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';

const nowNs = () => Date.now() * 1e6;
const peer = { src_ip: '198.18.16.5', dst_ip: '198.18.0.10', dst_port: 443 };
const ja4 = 't13d1516h2_8daaf6152771_d8a2da3f94cd';
const handshake = (src_port: number, changes: object = {}) =>
  JSON.stringify({
    ...peer,
    timestamp: nowNs() - 1e9,
    transport: 'tcp',
    conn_id: `n${src_port}`,
    src_port,
    ja4,
    ...changes,
  });
const request = (src_port: number, seq: number, changes: object = {}) =>
  JSON.stringify({
    ...peer,
    timestamp: nowNs(),
    server_id: 'web1',
    seq,
    dropped_total: 2,
    src_port,
    conn_id: `c${src_port}`,
    method: 'GET',
    path: '/',
    ...changes,
  });

/** A pipeline with a checkpoint on a clock that a test moves. */
async function start(folder: string, join: Partial<JoinOptions> = {}, nowMs = 0, journalBytes?: number) {
  const rows: HttpLogRow[] = [];
  const lines: Record<string, unknown>[] = [];
  const time = { nowMs };
  const log = pino({}, { write: (text: string) => void lines.push(JSON.parse(text)) });
  const pipeline = new Pipeline({
    join: { ...defaultJoinOptions, ...join },
    emit: (row) => rows.push(row),
    log,
  });
  const checkpoint = await openCheckpoint({
    folder,
    pipeline,
    clock: () => time.nowMs,
    everyMs: 5,
    journalBytes,
    log,
  });
  return { pipeline, checkpoint, rows, lines, time };
}

const count = (checkpoint: Checkpoint, name: string): number => checkpoint.counters()[name] ?? 0;

describe('the checkpoint', () => {
  it('lets a correlator go on after a stop as if there had been none', async () => {
    using folder = temporaryFolder();
    const first = await start(folder.path);
    first.pipeline.network(handshake(40_001), 10);
    first.pipeline.network(handshake(40_002), 10);
    first.pipeline.http(request(40_001, 7), 20);
    first.pipeline.http('{}', 30);
    await first.checkpoint.stop();
    expect(readdirSync(folder.path)).toHaveLength(1);

    const second = await start(folder.path, {}, 5_000);
    second.pipeline.http(request(40_001, 8), 5_010);
    second.pipeline.http(request(40_002, 9), 5_020);
    second.pipeline.http(request(40_001, 12, { conn_id: 'another' }), 5_030);
    expect(second.rows.map(({ b_conn_id, ja4, keepalives }) => [b_conn_id, ja4, keepalives])).toEqual([
      ['n40001', ja4, 1],
      ['n40002', ja4, 0],
    ]);
    second.pipeline.advance(20_000);
    expect(second.pipeline.counters()).toMatchObject({
      http_events: 4,
      network_events: 2,
      rows_correlated: 3,
      rows_orphan_not_eligible: 1,
      http_rejected: 1,
      http_rejected_missing_timestamp: 1,
      seq_lost: 2,
      seq_lost_over_kill: 0,
      sender_dropped: 2,
    });
    expect(second.lines).toMatchObject([{ handshakes: 2, clean: true }]);
    await second.checkpoint.stop();
  });

  it('brings back what was written before a kill -9, in the middle of work, again and again', async () => {
    using folder = temporaryFolder();
    const program = fileURLToPath(new URL('./checkpoint.test-program.ts', import.meta.url));
    let port = 10_000;
    let seq = 0;
    for (let kill = 1; kill <= 5; kill++) {
      const child: ChildProcess = fork(program, [folder.path]);
      const [hello] = await once(child, 'message');
      expect(hello.counters.network_held).toBeGreaterThanOrEqual(port - 10_000);
      for (let step = 0; step < 5; step++) {
        const ports = Array.from({ length: 40 }, () => port++);
        child.send({
          network: ports.map((p) => handshake(p)),
          http: ports.filter((p) => p % 2 === 0).map((p) => request(p, seq++)),
        });
        await once(child, 'message');
      }
      // Nobody waits for these: a kill may take them, but nothing else.
      const more = Array.from({ length: 300 }, (_, p) => handshake(p + 1, { src_ip: `198.18.17.${kill}` }));
      child.send({ network: more, http: [] });
      await pause(kill * 4);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const last = await start(folder.path);
    expect(last.pipeline.counters().network_held).toBeGreaterThanOrEqual(1_000);
    expect(last.pipeline.counters()).toMatchObject({
      rows_correlated: 500,
      seq_lost: 0,
      seq_lost_over_kill: 0,
    });
    for (let p = 10_000; p < port; p++) last.pipeline.http(request(p, seq++), 10);
    expect(last.rows).toHaveLength(1_000);
    expect(last.rows.every((row, i) => row.keepalives === (i % 2 === 0 ? 1 : 0))).toBe(true);
    await last.checkpoint.stop();
  }, 60_000);

  it('uses what stands before a damage, says what is missing, and starts in any case', async () => {
    using folder = temporaryFolder();
    const first = await start(folder.path);
    for (let port = 1; port <= 50; port++) first.pipeline.network(handshake(port), port);
    await first.checkpoint.stop();
    const [snapshot = ''] = readdirSync(folder.path);
    const path = joinPath(folder.path, snapshot);
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 20)) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x40;
      for (const name of readdirSync(folder.path)) rmSync(joinPath(folder.path, name));
      writeFileSync(path, damaged);
      const next = await start(folder.path);
      // A snapshot that is not whole is not used at all: nobody could say what it lacks.
      expect(next.pipeline.counters()).toMatchObject({ network_held: 0, network_events: 0 });
      expect(next.lines).toMatchObject([{ level: 40, path, why: 'torn or corrupt' }]);
      expect(next.checkpoint.counters()).toMatchObject({ checkpoint_damaged_files: 1 });
      await next.checkpoint.stop();
    }
  });

  it('reads a journal up to its torn end', async () => {
    using folder = temporaryFolder();
    const first = await start(folder.path);
    await expect.poll(() => count(first.checkpoint, 'checkpoint_snapshots')).toBe(1);
    first.pipeline.network(handshake(1), 1);
    await first.checkpoint.save();
    first.pipeline.network(handshake(2), 2);
    for (let seq = 0; seq < 3; seq++) first.pipeline.http(request(2, seq), 3);
    await first.checkpoint.save();
    using whole = temporaryFolder();
    for (const name of readdirSync(folder.path))
      copyFileSync(joinPath(folder.path, name), joinPath(whole.path, name));
    using copy = temporaryFolder();
    for (const name of readdirSync(folder.path)) {
      const bytes = readFileSync(joinPath(folder.path, name));
      writeFileSync(
        joinPath(copy.path, name),
        name.endsWith('journal') ? bytes.subarray(0, bytes.length - 3) : bytes,
      );
    }
    await first.checkpoint.stop();
    const unharmed = await start(whole.path);
    unharmed.pipeline.http(request(2, 3), 1);
    expect(unharmed.rows).toMatchObject([{ b_conn_id: 'n2', keepalives: 3 }]);
    await unharmed.checkpoint.stop();
    const second = await start(copy.path);
    expect(second.pipeline.counters()).toMatchObject({ network_held: 1 });
    expect(second.checkpoint.counters()).toMatchObject({ checkpoint_damaged_files: 1 });
    await second.checkpoint.stop();
  });

  it('goes on without its folder, says so once, and writes everything when there is one again', async () => {
    using folder = temporaryFolder();
    const path = joinPath(folder.path, 'checkpoint');
    const { pipeline, checkpoint, time, lines } = await start(path, {}, 0, 20_000);
    await expect.poll(() => count(checkpoint, 'checkpoint_snapshots')).toBe(1);
    rmSync(path, { recursive: true });
    let port = 0;
    const feed = () => {
      time.nowMs += 5_000;
      for (let i = 0; i < 10; i++) {
        // A journal that has grown ends in a snapshot, for which there is no folder.
        pipeline.network(handshake(++port, { ja4_r: randomBytes(2_000).toString('hex') }), time.nowMs);
      }
      return checkpoint.counters();
    };
    await expect.poll(feed, { timeout: 20_000 }).toMatchObject({ checkpoint_failures: 3 });
    mkdirSync(path);
    await expect.poll(feed, { timeout: 20_000 }).toMatchObject({ checkpoint_snapshots: 2 });
    expect(lines.filter(({ level }) => level === 50)).toHaveLength(1);
    await checkpoint.stop();
    const again = await start(path);
    expect(again.pipeline.counters()).toMatchObject({ network_held: port, network_events: port });
    await again.checkpoint.stop();
  }, 60_000);

  it('replaces a journal that has grown, and keeps its files small', async () => {
    using folder = temporaryFolder();
    const { pipeline, checkpoint, time } = await start(folder.path, { maxNetworkItems: 500 }, 0, 20_000);
    let port = 0;
    const feed = () => {
      time.nowMs += 100;
      for (let i = 0; i < 100; i++)
        pipeline.network(handshake(++port, { ja4_r: randomBytes(100).toString('hex') }), time.nowMs);
      return count(checkpoint, 'checkpoint_snapshots');
    };
    await expect.poll(feed, { timeout: 30_000, interval: 10 }).toBeGreaterThan(3);
    const bytes = readdirSync(folder.path).map((name) => statSync(joinPath(folder.path, name)).size);
    expect(Math.max(...bytes)).toBeLessThan(1024 * 1024);
    await checkpoint.stop();
    expect(readdirSync(folder.path)).toHaveLength(1);
    const again = await start(folder.path);
    expect(again.pipeline.counters()).toMatchObject({ network_held: 500 });
    await again.checkpoint.stop();
  }, 60_000);
});
