import { cpSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { decodeRowBinary } from '@ja4/store';
import { describe, expect, it, onTestFinished } from 'vitest';
import { appendRows, drain, never, numbers, spoolFixtures } from './spool.test-support.ts';
import { type SpooledRow, spooledRows, spoolStatus } from './spool-view.ts';

const { openSpool, temporaryFolder } = spoolFixtures(onTestFinished);

function numberOf({ columns, bytes }: SpooledRow): number {
  const decoded = decodeRowBinary(columns, bytes);
  return decoded.ok ? Number(String(decoded.rows[0]?.path).slice(1)) : Number.NaN;
}

async function numbersIn(folder: string, which: 'waiting' | 'rejected'): Promise<number[]> {
  const found: number[] = [];
  for await (const row of spooledRows(folder, which)) found.push(numberOf(row));
  return found;
}

describe('looking at a spool', () => {
  it('tells what waits beside the process that works with it', async () => {
    const folder = temporaryFolder();
    const spool = await openSpool(folder, { nowMs: () => 5_000, segmentBytes: 4_096 });
    for (let at = 0; at < 50; at += 10) {
      appendRows(spool, at, at + 10);
      await spool.flush();
    }
    const done = await spool.next({ maxRows: 5, maxBytes: 1e9 }, never);
    if (done) spool.acknowledge(done);
    await spool.next({ maxRows: 30, maxBytes: 1e9 }, never);
    expect(await spoolStatus(folder)).toMatchObject({
      ...{ folder, heldBy: process.pid, rows: 45, inFlight: 30, oldestMs: 5_000 },
      rejected: { rows: 0 },
      damaged: { files: 0 },
    });
    expect(await numbersIn(folder, 'waiting')).toEqual(numbers(5, 50));
  });

  it('shows the rejected rows with their reason', async () => {
    const folder = temporaryFolder();
    const spool = await openSpool(folder);
    appendRows(spool, 0, 5);
    await spool.flush();
    const batch = await spool.next({ maxRows: 5, maxBytes: 1e9 }, never);
    if (batch) {
      await spool.reject(batch, 3, 'it is too long');
      spool.acknowledge(batch);
    }
    // An acknowledgement is on record a moment later.
    await expect.poll(() => numbersIn(folder, 'waiting')).toEqual([]);
    const rejected: SpooledRow[] = [];
    for await (const row of spooledRows(folder, 'rejected')) rejected.push(row);
    expect(rejected.map((row) => [numberOf(row), row.why])).toEqual([[3, 'it is too long']]);
    expect((await spoolStatus(folder)).rejected.rows).toBe(1);
  });

  it('can bring rejected rows back as a spool of their own, once nobody writes there', async () => {
    const folder = temporaryFolder();
    const spool = await openSpool(folder);
    appendRows(spool, 0, 3);
    await spool.flush();
    const batch = await spool.next({ maxRows: 5, maxBytes: 1e9 }, never);
    if (batch) for (const index of [0, 2]) await spool.reject(batch, index, 'no');
    await expect(openSpool(join(folder, 'rejected'))).rejects.toMatchObject({ code: 'JA4_SPOOL_IN_USE' });
    await spool.close();
    expect((await drain(await openSpool(join(folder, 'rejected')))).rows).toEqual([0, 2]);
  });

  it('changes nothing, and says what the next opening will cut off', async () => {
    const folder = temporaryFolder();
    const spool = await openSpool(folder);
    appendRows(spool, 0, 5);
    await spool.flush();
    const copy = temporaryFolder();
    cpSync(folder, copy, { recursive: true });
    rmSync(join(copy, 'lock'));
    const [name = ''] = readdirSync(copy).filter((file) => file.endsWith('.seg'));
    truncateSync(join(copy, name), statSync(join(copy, name)).size - 20);
    for (let i = 0; i < 2; i++) {
      expect(await spoolStatus(copy)).toMatchObject({
        ...{ heldBy: undefined, rows: 0 },
        findings: [{ reason: 'torn', done: 'cut' }],
      });
    }
  });

  it('says when there is none', async () => {
    const folder = join(temporaryFolder(), 'none');
    await expect(spoolStatus(folder)).rejects.toMatchObject({
      code: 'JA4_NO_SPOOL',
      message: `there is no spool in ${folder}`,
    });
  });
});
