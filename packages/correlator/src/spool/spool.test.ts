import { readdirSync } from 'node:fs';
import { absentHttpLogRow } from '@ja4/store';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  appendRows,
  drain,
  everything,
  logged,
  never,
  numberedRow,
  numbers,
  numbersOf,
  spoolFixtures,
} from './spool.test-support.ts';

const { openSpool, temporaryFolder } = spoolFixtures(onTestFinished);

import { Spool } from './spool.ts';

const segmentsIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.seg'));

describe('the spool', () => {
  it('hands out the rows in order, and nothing twice', async () => {
    const spool = await openSpool(temporaryFolder());
    appendRows(spool, 0, 100);
    await spool.flush();
    const first = await spool.next({ maxRows: 30, maxBytes: 1e9 }, never);
    expect(first?.rows).toBe(30);
    expect(numbersOf(first)).toEqual(numbers(0, 30));
    if (first) spool.acknowledge(first);
    const { rows, tokens } = await drain(spool, 50);
    expect(rows).toEqual(numbers(30, 100));
    expect(new Set([...tokens, first?.token]).size).toBe(3);
  });

  it('keeps what was not acknowledged over a restart, and repeats the batch in flight under its token', async () => {
    const folder = temporaryFolder();
    const before = await openSpool(folder);
    appendRows(before, 0, 100);
    await before.flush();
    const done = await before.next({ maxRows: 10, maxBytes: 1e9 }, never);
    if (done) before.acknowledge(done);
    const inFlight = await before.next({ maxRows: 20, maxBytes: 1e9 }, never);
    expect(await before.close()).toBe(0);

    const after = await openSpool(folder);
    expect(after.waiting().rows).toBe(90);
    appendRows(after, 100, 120);
    await after.flush();
    const again = await after.next(everything, never);
    expect(again?.token).toBe(inFlight?.token);
    expect(numbersOf(again)).toEqual(numbers(10, 30));
    if (again) after.acknowledge(again);
    expect((await drain(after)).rows).toEqual(numbers(30, 120));
  });

  it('repeats a batch over several segments under its token', async () => {
    const folder = temporaryFolder();
    const options = { segmentBytes: 4096 };
    const before = await openSpool(folder, options);
    for (let at = 0; at < 100; at += 10) {
      appendRows(before, at, at + 10);
      await before.flush();
    }
    expect(segmentsIn(folder).length).toBeGreaterThan(2);
    const inFlight = await before.next({ maxRows: 75, maxBytes: 1e9 }, never);
    expect(inFlight?.rows).toBe(75);
    await before.close();
    const after = await openSpool(folder, options);
    const again = await after.next({ maxRows: 5, maxBytes: 1 }, never);
    expect(again?.token).toBe(inFlight?.token);
    expect(numbersOf(again)).toEqual(numbers(0, 75));
    if (again) after.acknowledge(again);
    expect((await drain(after)).rows).toEqual(numbers(75, 100));
  });

  it('leaves nothing behind when everything is acknowledged', async () => {
    const folder = temporaryFolder();
    const spool = await openSpool(folder, { segmentBytes: 4096 });
    for (let at = 0; at < 100; at += 10) {
      appendRows(spool, at, at + 10);
      await spool.flush();
    }
    expect((await drain(spool)).rows).toHaveLength(100);
    await spool.close();
    expect(segmentsIn(folder)).toEqual([]);
    const next = await openSpool(folder);
    expect(next.waiting()).toEqual({ rows: 0, bytes: 0, oldestMs: undefined });
    appendRows(next, 0, 1);
    await next.flush();
    expect((await drain(next)).rows).toEqual([0]);
  });

  it('never gives the same token to other rows', async () => {
    const folder = temporaryFolder();
    const tokens: string[] = [];
    for (let run = 0; run < 5; run++) {
      const spool = await openSpool(folder);
      appendRows(spool, 0, 10);
      await spool.flush();
      tokens.push(...(await drain(spool, 5)).tokens);
      await spool.close();
    }
    expect(new Set(tokens).size).toBe(10);
  });

  it('cuts batches by what is in them alone once enough waits', async () => {
    const cutsOf = async (appendAtOnce: number, segmentBytes: number) => {
      const spool = await openSpool(temporaryFolder(), { segmentBytes });
      for (let at = 0; at < 100; at += appendAtOnce) {
        appendRows(spool, at, Math.min(100, at + appendAtOnce));
        await spool.flush();
      }
      const cuts: number[] = [];
      const bounds = { maxRows: 30, maxBytes: 5_000, waitMs: Number.POSITIVE_INFINITY };
      for (let left = 100; left > 0; ) {
        const batch = await spool.next({ ...bounds, enoughRows: Math.min(30, left) }, never);
        if (batch === undefined) break;
        cuts.push(batch.rows);
        left -= batch.rows;
        spool.acknowledge(batch);
      }
      return cuts;
    };
    const cuts = await cutsOf(100, 1e6);
    expect(cuts.length).toBeGreaterThan(3);
    expect(await cutsOf(7, 3_000)).toEqual(cuts);
    expect(await cutsOf(1, 2_000)).toEqual(cuts);
  });

  it('waits until enough rows are there, or the first has waited long enough', async () => {
    const spool = await openSpool(temporaryFolder());
    appendRows(spool, 0, 3);
    await spool.flush();
    const late = spool.next({ ...everything, enoughRows: 5, waitMs: 60_000 }, never);
    appendRows(spool, 3, 5);
    const full = await late;
    expect(numbersOf(full)).toEqual(numbers(0, 5));
    if (full) spool.acknowledge(full);
    appendRows(spool, 5, 6);
    const few = await spool.next({ ...everything, enoughRows: 5, waitMs: 20 }, never);
    expect(numbersOf(few)).toEqual([5]);
  });

  it('ends a wait for rows when it is told to, or closed', async () => {
    const spool = await openSpool(temporaryFolder());
    const stop = new AbortController();
    const waiting = spool.next(everything, stop.signal);
    stop.abort();
    expect(await waiting).toBeUndefined();
    const other = spool.next(everything, never);
    await spool.close();
    expect(await other).toBeUndefined();
  });

  it('finds the row that a store refuses by ever shorter batches, each under a token of its own', async () => {
    const folder = temporaryFolder();
    const spool = await openSpool(folder);
    appendRows(spool, 0, 20);
    await spool.flush();
    let batch = await spool.next(everything, never);
    const tokens = new Set<string>();
    const stored: number[] = [];
    while (batch !== undefined) {
      tokens.add(batch.token);
      const rows = numbersOf(batch);
      if (!rows.includes(13)) stored.push(...rows);
      else if (rows.length > 1) {
        batch = await spool.shrink(batch, rows.length >> 1);
        continue;
      } else await spool.reject(batch, 0, 'the store cannot take it');
      spool.acknowledge(batch);
      batch = spool.waiting().rows > 0 ? await spool.next(everything, never) : undefined;
    }
    expect(stored).toEqual(numbers(0, 20).filter((number) => number !== 13));
    expect(spool.counters()).toMatchObject({ spool_rows_rejected_kept: 1, spool_rows_waiting: 0 });
  });

  it('gives every row as it was, though its memory is used again for later ones', async () => {
    const spool = await openSpool(temporaryFolder(), { segmentBytes: 3_000_000 });
    const count = 40_000;
    appendRows(spool, 0, count);
    await spool.flush();
    const found: number[] = [];
    for (let round = 0; spool.waiting().rows > 0; round++) {
      const batch = await spool.next({ maxRows: 1 + ((round * 7919) % 9_000), maxBytes: 1e9 }, never);
      if (batch === undefined) break;
      const shorter = round % 3 === 0 ? await spool.shrink(batch, 1 + (batch.rows >> 2)) : batch;
      found.push(...numbersOf(shorter));
      spool.acknowledge(shorter);
      if (round % 5 === 0) {
        appendRows(spool, count + round * 10, count + round * 10 + 10);
        await spool.flush();
      }
    }
    expect(found.slice(0, count)).toEqual(numbers(0, count));
    expect(found).toEqual(found.toSorted((a, b) => a - b));
  });

  it('repeats a shortened batch under its token after a restart', async () => {
    const folder = temporaryFolder();
    const before = await openSpool(folder);
    appendRows(before, 0, 20);
    await before.flush();
    const whole = await before.next(everything, never);
    const half = whole && (await before.shrink(whole, 10));
    expect(half?.token).not.toBe(whole?.token);
    await before.close();
    const after = await openSpool(folder);
    const again = await after.next(everything, never);
    expect(again?.token).toBe(half?.token);
    expect(numbersOf(again)).toEqual(numbers(0, 10));
  });

  it('makes the producer wait while it is full, and go on when batches are acknowledged', async () => {
    const spool = await openSpool(temporaryFolder(), { maxBytes: 20_000, segmentBytes: 5_000 });
    let appended = 0;
    for (; spool.room() === undefined; appended += 10) {
      appendRows(spool, appended, appended + 10);
      await spool.flush();
    }
    const room = spool.room();
    expect(spool.ready()).toMatchObject({ ok: false, why: expect.stringContaining('full') });
    expect(spool.counters()).toMatchObject({ spool_full: 1, spool_rows_dropped: 0 });
    expect((await drain(spool, 10)).rows).toEqual(numbers(0, appended));
    await room;
    expect(spool.ready()).toEqual({ ok: true });
  });

  it('has room again when everything is acknowledged, though one segment alone fills it', async () => {
    const spool = await openSpool(temporaryFolder(), { maxBytes: 10_000, segmentBytes: 1e9 });
    for (let round = 0; round < 3; round++) {
      appendRows(spool, 0, 100);
      await spool.flush();
      const room = spool.room();
      expect(room).toBeInstanceOf(Promise);
      expect((await drain(spool)).rows).toEqual(numbers(0, 100));
      await room;
    }
  });

  it('drops and counts new rows while it is full, where that is the policy', async () => {
    const spool = await openSpool(temporaryFolder(), {
      ...{ maxBytes: 20_000, segmentBytes: 5_000, whenFull: 'drop' },
    });
    for (let at = 0; at < 200; at += 10) {
      expect(spool.room()).toBeUndefined();
      appendRows(spool, at, at + 10);
      await spool.flush();
    }
    const { spool_rows_accepted: accepted = 0, spool_rows_dropped: dropped = 0 } = spool.counters();
    expect(dropped).toBeGreaterThan(0);
    expect(accepted + dropped).toBe(200);
    expect((await drain(spool)).rows).toEqual(numbers(0, accepted));
  });

  it('takes what was received even when it is full, once the bounds are lifted', async () => {
    const spool = await openSpool(temporaryFolder(), { maxBytes: 10_000, segmentBytes: 5_000 });
    appendRows(spool, 0, 100);
    await spool.flush();
    const room = spool.room();
    expect(room).toBeInstanceOf(Promise);
    spool.liftBounds();
    await room;
    expect(spool.room()).toBeUndefined();
    appendRows(spool, 100, 110);
    expect(await spool.close()).toBe(0);
  });

  it('refuses a second process on its folder, and a second one in the same process', async () => {
    const folder = temporaryFolder();
    const spool = await openSpool(folder);
    const { log } = logged();
    await expect(Spool.open({ folder, log })).rejects.toMatchObject({
      code: 'JA4_SPOOL_IN_USE',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await spool.close();
    await (await Spool.open({ folder, log })).close();
  });

  it('can be closed in the middle of everything', async () => {
    for (let round = 0; round < 20; round++) {
      const folder = temporaryFolder();
      const spool = await openSpool(folder, { segmentBytes: 2_000 });
      appendRows(spool, 0, 500);
      const first = spool.next({ maxRows: 200, maxBytes: 1e9 }, never);
      await new Promise((resolve) => setTimeout(resolve, round / 4));
      expect(await spool.close()).toBe(0);
      await first;
      expect((await drain(await openSpool(folder))).rows).toEqual(numbers(0, 500));
    }
  });

  it('leaves out a row that cannot be encoded, counts it, and keeps its neighbours', async () => {
    const { log, lines } = logged();
    const spool = await openSpool(temporaryFolder(), { log });
    spool.append(numberedRow(0));
    spool.append({ ...absentHttpLogRow(), src_ip: 'nonsense' });
    spool.append(numberedRow(1));
    await spool.flush();
    expect((await drain(spool)).rows).toEqual([0, 1]);
    expect(spool.counters()).toMatchObject({ spool_rows_unencodable: 1 });
    expect(lines).toMatchObject([{ msg: 'a row cannot be encoded; it is dropped' }]);
  });

  it('says what waits since when', async () => {
    let nowMs = 1_000;
    const spool = await openSpool(temporaryFolder(), { nowMs: () => nowMs });
    appendRows(spool, 0, 4);
    await spool.flush();
    nowMs = 3_500;
    expect(spool.waiting()).toMatchObject({ rows: 4, oldestMs: 1_000 });
    expect(spool.counters()).toMatchObject({ spool_oldest_seconds: 2.5, spool_rows_waiting: 4 });
    const batch = await spool.next({ maxRows: 2, maxBytes: 1e9 }, never);
    expect(batch?.oldestMs).toBe(1_000);
    if (batch) spool.acknowledge(batch);
    expect(spool.waiting().rows).toBe(2);
  });
});
