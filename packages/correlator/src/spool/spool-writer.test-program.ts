import { pino } from 'pino';
import { numberedRow, numbersOf } from './spool.test-support.ts';
import { Spool } from './spool.ts';

/**
 * A process that appends numbered rows as fast as they become durable and drains them, until it is killed.
 * Prints `accepted N` when all rows below N are durable, and `sent TOKEN NUMBERS` for a batch that the store
 * would have, before it acknowledges it.
 */
const [, , folder = '', first = '0'] = process.argv;
const spool = await Spool.open({
  ...{ folder, commitMs: 1, segmentBytes: 100_000, fsync: false },
  log: pino({ level: 'silent' }),
});
let next = Number(first);

async function produce(): Promise<never> {
  for (;;) {
    const count = 1 + Math.trunc(Math.random() * 40);
    for (let i = 0; i < count; i++) spool.append(numberedRow(next++));
    await spool.flush();
    process.stdout.write(`accepted ${next}\n`);
  }
}

async function consume(): Promise<never> {
  for (;;) {
    const batch = await spool.next({ maxRows: 100, maxBytes: 1e9 }, new AbortController().signal);
    if (batch === undefined) throw new Error('the spool was closed');
    process.stdout.write(`sent ${batch.token} ${numbersOf(batch).join(',')}\n`);
    spool.acknowledge(batch);
    await new Promise((resolve) => setTimeout(resolve, 5 * Math.random()));
  }
}

await Promise.all([produce(), consume()]);
