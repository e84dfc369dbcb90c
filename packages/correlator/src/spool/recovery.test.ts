import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checksumSeed } from './frame.ts';
import { FrameScanner } from './frame-scanner.ts';
import { readSegmentHeader } from './segment-header.ts';
import {
  appendRows,
  drain,
  everything,
  logged,
  never,
  numbers,
  numbersOf,
  spoolFixtures,
} from './spool.test-support.ts';
import { Spool } from './spool.ts';

const { openSpool, temporaryFolder } = spoolFixtures(onTestFinished);

const segmentsIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.seg'))
    .sort()
    .map((name) => join(folder, name));

/** A folder as a killed process leaves it: frames of ten rows each, `perSegment` frames in a segment. */
async function leftBehind(frames: number, segmentBytes = 1e9): Promise<string> {
  const folder = temporaryFolder();
  const spool = await openSpool(folder, { segmentBytes });
  for (let frame = 0; frame < frames; frame++) {
    appendRows(spool, frame * 10, frame * 10 + 10);
    await spool.flush();
  }
  const copy = temporaryFolder();
  cpSync(folder, copy, { recursive: true });
  rmSync(join(copy, 'lock'));
  return copy;
}

/** Where each frame of a segment begins, and where the last one ends. */
async function frameStarts(path: string): Promise<number[]> {
  const bytes = readFileSync(path);
  const read = readSegmentHeader(bytes);
  if (!read.ok) throw new Error(read.reason);
  const source = { read: async (target: Buffer, position: number) => bytes.copy(target, 0, position) };
  const scanner = new FrameScanner(source, checksumSeed(read.header.id), read.bytes);
  const starts = [scanner.position];
  while ((await scanner.next(bytes.length)) !== undefined) starts.push(scanner.position);
  return starts;
}

function spoil(path: string, from: number, to: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, from, to);
  writeFileSync(path, bytes);
}

describe('opening a spool after a crash', () => {
  it('finds, in every prefix of a segment, a prefix of its rows', async () => {
    const source = await leftBehind(3);
    const [path = ''] = segmentsIn(source);
    const starts = await frameStarts(path);
    const size = readFileSync(path).length;
    for (let end = 0; end <= size; end += 131) {
      const folder = temporaryFolder();
      copyFileSync(path, join(folder, '0000000001.seg'));
      truncateSync(join(folder, '0000000001.seg'), end);
      const spool = await openSpool(folder);
      const whole = Math.max(0, starts.filter((start) => start <= end).length - 1);
      expect((await drain(spool)).rows).toEqual(numbers(0, whole * 10));
    }
  });

  it('cuts a torn end, says how much, and goes on behind it', async () => {
    const folder = await leftBehind(4);
    const [path = ''] = segmentsIn(folder);
    const starts = await frameStarts(path);
    truncateSync(path, (starts[3] ?? 0) + 100);
    const { log, lines } = logged();
    const spool = await openSpool(folder, { log });
    expect(spool.counters()).toMatchObject({ spool_bytes_cut: 100, spool_rows_waiting: 30 });
    expect(lines).toMatchObject([{ msg: expect.stringContaining('cut off'), bytes: 100, reason: 'torn' }]);
    expect(readFileSync(path).length).toBe(starts[3]);
    appendRows(spool, 30, 35);
    await spool.flush();
    expect((await drain(spool)).rows).toEqual(numbers(0, 35));
  });

  it('skips damage in the middle, counts what is lost, and keeps the file aside', async () => {
    const folder = await leftBehind(5);
    const [path = ''] = segmentsIn(folder);
    const starts = await frameStarts(path);
    spoil(path, (starts[1] ?? 0) + 60, (starts[1] ?? 0) + 70);
    const { log, lines } = logged();
    const spool = await openSpool(folder, { log });
    const first = await spool.next(everything, never);
    expect(numbersOf(first)).toEqual(numbers(0, 10));
    if (first) spool.acknowledge(first);
    expect((await drain(spool)).rows).toEqual(numbers(20, 50));
    expect(spool.counters()).toMatchObject({
      spool_rows_damaged: 10,
      spool_bytes_damaged: (starts[2] ?? 0) - (starts[1] ?? 0),
    });
    expect(lines).toMatchObject([{ msg: 'the spool is damaged: 10 rows cannot be read and are lost' }]);
    await spool.close();
    expect(segmentsIn(folder)).toEqual([]);
    expect(readdirSync(join(folder, 'damaged'))).toHaveLength(1);
  });

  it('counts the rows at the end of a sealed segment that is too short', async () => {
    const folder = await leftBehind(6, 4_096);
    const [path = ''] = segmentsIn(folder);
    const starts = await frameStarts(path);
    truncateSync(path, starts.at(-2) ?? 0);
    const spool = await openSpool(folder);
    const { rows } = await drain(spool);
    expect(rows).toHaveLength(50);
    expect(spool.counters()).toMatchObject({ spool_rows_damaged: 10 });
  });

  it('goes on when a segment is gone, or no segment any more', async () => {
    const folder = await leftBehind(9, 4_096);
    const [first = '', second = '', third] = segmentsIn(folder);
    expect(third).toBeDefined();
    rmSync(first);
    writeFileSync(second, Buffer.alloc(5_000));
    const spool = await openSpool(folder);
    const { rows } = await drain(spool);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.at(-1)).toBe(89);
    expect(spool.counters()).toMatchObject({ spool_files_set_aside: 1 });
  });

  it('goes on when somebody removes a segment that it is about to read', async () => {
    const folder = temporaryFolder();
    const spool = await openSpool(folder, { segmentBytes: 4_096 });
    for (let frame = 0; frame < 9; frame++) {
      appendRows(spool, frame * 10, frame * 10 + 10);
      await spool.flush();
    }
    const [first = ''] = segmentsIn(folder);
    rmSync(first);
    const { rows } = await drain(spool);
    expect(rows.at(-1)).toBe(89);
    expect(rows.length + (spool.counters().spool_rows_damaged ?? 0)).toBe(90);
  });

  it('does not take rows for accepted that were written again in a later segment', async () => {
    const folder = await leftBehind(4);
    const [path = ''] = segmentsIn(folder);
    // As if a write had failed and its segment could be neither cut nor removed: a copy of it with another
    // number lies between it and the next one, which names the first as the one before.
    const spool = await openSpool(folder);
    appendRows(spool, 40, 50);
    await spool.flush();
    const later = segmentsIn(folder).at(-1) ?? '';
    const copy = temporaryFolder();
    copyFileSync(path, join(copy, '0000000001.seg'));
    copyFileSync(path, join(copy, '0000000002.seg'));
    copyFileSync(later, join(copy, '0000000003.seg'));
    const { rows } = await drain(await openSpool(copy));
    expect(rows).toEqual(numbers(0, 50));
  });

  it('begins at the oldest row when its cursor is damaged, and says that rows may come twice', async () => {
    const folder = await leftBehind(2);
    writeFileSync(join(folder, 'cursor'), 'x'.repeat(8192));
    const { log, lines } = logged();
    const spool = await openSpool(folder, { log });
    expect((await drain(spool)).rows).toEqual(numbers(0, 20));
    expect(lines[0]?.msg).toContain('cursor of the spool is damaged');
  });

  it('says so when the batch in flight cannot be repeated as it was', async () => {
    const folder = temporaryFolder();
    const before = await openSpool(folder);
    for (let frame = 0; frame < 3; frame++) {
      appendRows(before, frame * 10, frame * 10 + 10);
      await before.flush();
    }
    const inFlight = await before.next(everything, never);
    await before.close();
    const [path = ''] = segmentsIn(folder);
    truncateSync(path, (await frameStarts(path))[2] ?? 0);
    const { log, lines } = logged();
    const spool = await openSpool(folder, { log });
    const batch = await spool.next(everything, never);
    expect(numbersOf(batch)).toEqual(numbers(0, 20));
    expect(batch?.token).not.toBe(inFlight?.token);
    expect(spool.counters()).toMatchObject({ spool_batches_changed: 1 });
    expect(lines.at(-1)?.msg).toContain('may be stored twice');
  });

  it('refuses a folder that a newer version has written to', async () => {
    const folder = await leftBehind(1);
    const [path = ''] = segmentsIn(folder);
    const bytes = readFileSync(path);
    bytes.writeUInt32LE(2, 8);
    const text = bytes.subarray(24, 24 + bytes.readUInt32LE(12));
    bytes.writeUInt32LE(crc32(text, crc32(bytes.subarray(8, 16))), 16);
    writeFileSync(path, bytes);
    await expect(openSpool(folder)).rejects.toMatchObject({ code: 'JA4_SPOOL_NEWER' });
  });

  it('opens whatever bytes a segment has been given, and gives no row that was not written', async () => {
    const source = await leftBehind(6);
    const [path = ''] = segmentsIn(source);
    const whole = readFileSync(path);
    const change = fc.record({ at: fc.nat(whole.length - 1), bytes: fc.uint8Array({ maxLength: 400 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 4 }),
        fc.nat(whole.length),
        fc.uint8Array({ maxLength: 300 }),
        async (changes, length, behind) => {
          const bytes = Buffer.from(whole);
          for (const { at, bytes: other } of changes) bytes.set(other.subarray(0, bytes.length - at), at);
          const folder = mkdtempSync(join(tmpdir(), 'ja4-spool-'));
          writeFileSync(join(folder, '0000000001.seg'), Buffer.concat([bytes.subarray(0, length), behind]));
          const spool = await Spool.open({ folder, commitMs: 1, fsync: false, log: logged().log });
          appendRows(spool, 60, 62);
          await spool.flush();
          const { rows } = await drain(spool);
          expect(rows).toEqual(numbers(0, 62).filter((row) => rows.includes(row)));
          expect(rows.slice(-2)).toEqual([60, 61]);
          await spool.close();
          rmSync(folder, { recursive: true });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps only the newest damaged files', async () => {
    const folder = temporaryFolder();
    for (let number = 1; number <= 7; number++)
      writeFileSync(join(folder, `000000000${number}.seg`), Buffer.alloc(100));
    await openSpool(folder);
    const kept = readdirSync(join(folder, 'damaged')).sort();
    expect(kept).toEqual([4, 5, 6, 7].map((number) => `000000000${number}.seg`));
  });
});

describe('a disk that refuses', () => {
  it('loses no row: they wait in memory, intake pauses, and it recovers by itself', async () => {
    const folder = temporaryFolder();
    const { log, lines } = logged();
    const spool = await openSpool(folder, { log });
    rmSync(folder, { recursive: true });
    appendRows(spool, 0, 10);
    await expect
      .poll(() => spool.ready())
      .toMatchObject({ ok: false, why: expect.stringContaining('ENOENT') });
    const room = spool.room();
    expect(room).toBeInstanceOf(Promise);
    expect(spool.counters()).toMatchObject({
      spool_disk_refuses: 1,
      spool_rows_pending: 10,
      spool_rows_accepted: 0,
    });
    mkdirSync(folder);
    await spool.flush();
    await room;
    expect(spool.ready()).toEqual({ ok: true });
    expect((await drain(spool)).rows).toEqual(numbers(0, 10));
    expect(lines.map(({ msg }) => msg)).toEqual([
      expect.stringContaining('cannot be written'),
      'the spool can be written again',
    ]);
  });

  it('says how many rows it could not write before it was closed', async () => {
    const folder = temporaryFolder();
    const spool = await openSpool(folder);
    rmSync(folder, { recursive: true });
    appendRows(spool, 0, 10);
    expect(await spool.close(100)).toBe(10);
    mkdirSync(folder);
  });
});
