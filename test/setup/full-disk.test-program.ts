import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Spool } from '@ja4/correlator';
import { absentHttpLogRow, decodeRowBinary } from '@ja4/store';
import { pino } from 'pino';

/**
 * A spool on a small disk that fills up, twice: first with another's file, which is removed, then with its own
 * rows, which are acknowledged. Prints what it saw as one JSON object. Arguments: the folder, the policy.
 */
const [, , disk = '', whenFull] = process.argv;
const lines: string[] = [];
const spool = await Spool.open({
  folder: join(disk, 'spool'),
  ...{ commitMs: 1, segmentBytes: 128 * 1024 },
  whenFull: whenFull === 'drop' ? 'drop' : 'block',
  log: pino({}, { write: (line: string) => void lines.push(String(JSON.parse(line).msg)) }),
});
const tick = (ms = 2) => new Promise((resolve) => setTimeout(resolve, ms));
const refuses = () => spool.counters().spool_disk_refuses === 1;
let appended = 0;

/** Appends rows until the disk refuses them. */
async function fillUp(): Promise<void> {
  while (!refuses()) {
    for (let i = 0; i < 50; i++)
      spool.append({ ...absentHttpLogRow(), path: `/${appended++}`, query: 'x'.repeat(400) });
    await tick();
  }
}

const taken: number[] = [];
async function drain(): Promise<void> {
  while (spool.waiting().rows > 0) {
    const batch = await spool.next({ maxRows: 500, maxBytes: 1e9 }, AbortSignal.timeout(10_000));
    if (batch === undefined) throw new Error('nothing could be read');
    const decoded = decodeRowBinary(batch.columns, Buffer.concat(batch.body));
    if (!decoded.ok) throw new Error(decoded.reason);
    for (const { path } of decoded.rows) taken.push(Number(String(path).slice(1)));
    spool.acknowledge(batch);
    await tick();
  }
}

const other = join(disk, 'other');
writeFileSync(other, Buffer.alloc(3 * 1024 * 1024));
await fillUp();
const full = { ready: spool.ready(), waits: spool.room() !== undefined, ...spool.counters() };
rmSync(other);
await spool.flush();
const freed = { ready: spool.ready(), waits: spool.room() !== undefined };

await fillUp();
await drain();
await spool.flush();
const drained = { ready: spool.ready(), waits: spool.room() !== undefined };
await drain();
const { spool_rows_accepted: accepted, spool_rows_dropped: dropped } = spool.counters();
const lost = await spool.close();
process.stdout.write(
  JSON.stringify({ full, freed, drained, appended, accepted, dropped, lost, taken, lines }),
);
