import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { never, numbers, numbersOf, spoolFixtures } from './spool.test-support.ts';

const { openSpool, temporaryFolder } = spoolFixtures(onTestFinished);
const program = fileURLToPath(new URL('./spool-writer.test-program.ts', import.meta.url));
const lives = 8;

/** A store that takes the rows of a token once. */
class TokenStore {
  readonly batches = new Map<string, string>();

  insert(token: string, rows: string): void {
    // A token that comes again stands for the same rows as before.
    expect(this.batches.get(token) ?? rows).toBe(rows);
    this.batches.set(token, rows);
  }

  get rows(): number[] {
    return [...this.batches.values()].flatMap((rows) => rows.split(',').map(Number));
  }
}

/**
 * Runs a process that writes and drains the spool, and kills it after some milliseconds of work.
 * Resolves with the number below which all of its rows were accepted.
 */
async function liveAndDie(folder: string, first: number, workMs: number, store: TokenStore): Promise<number> {
  const child = spawn(process.execPath, [program, folder, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let accepted = first;
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const [word, what = '', rows = ''] = line.split(' ');
    if (word === 'accepted') accepted = Number(what);
    else store.insert(what, rows);
  });
  const closed = once(lines, 'close');
  await once(lines, 'line');
  await new Promise((resolve) => setTimeout(resolve, workMs));
  child.kill('SIGKILL');
  await closed;
  return accepted;
}

it('brings every accepted row to the store once, however often its process is killed', async () => {
  const folder = temporaryFolder();
  const store = new TokenStore();
  const expected: number[] = [];
  let first = 0;
  for (let life = 0; life < lives; life++) {
    const accepted = await liveAndDie(folder, first, Math.random() * 150, store);
    expected.push(...numbers(first, accepted));
    // Rows that were on their way to the disk may be there as well; the next process begins behind them.
    first = accepted + 1_000;
  }
  const spool = await openSpool(folder);
  while (spool.waiting().rows > 0) {
    const batch = await spool.next({ maxRows: 100, maxBytes: 1e9 }, never);
    if (batch === undefined) break;
    store.insert(batch.token, numbersOf(batch).join(','));
    spool.acknowledge(batch);
  }
  const { rows } = store;
  const stored = new Set(rows);
  expect(stored.size).toBe(rows.length);
  expect(expected.filter((row) => !stored.has(row))).toEqual([]);
  expect(spool.counters()).toMatchObject({ spool_rows_damaged: 0, spool_batches_changed: 0 });
}, 60_000);
