import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  absentHttpLogRow,
  connectStore,
  insertHttpLogs,
  migrate,
  readStorePassword,
  type Store,
} from '@ja4/store';
import { afterEach, beforeEach, expect, it } from 'vitest';

const script = fileURLToPath(
  new URL('../../packages/store/src/engine/engine-process.test-support.ts', import.meta.url),
);
const limitBytes = 900_000_000;
const batchRows = 15_000;
const batches = 6;

let folder: string;
let child: ChildProcess;
let store: Store;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ja4-memory-'));
  child = spawn(process.execPath, [script, folder, '0', String(limitBytes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  store = connectStore({ ...(JSON.parse(line) as { url: string }), password: readStorePassword(folder) });
  await migrate(store);
});
afterEach(async () => {
  await store.close();
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  rmSync(folder, { recursive: true });
});

/** Largest resident size so far, in bytes, pages of the library included. */
function mostResident(): number {
  const [, kilobytes] =
    /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1')) ?? [];
  return Number(kilobytes) * 1024;
}

async function numberOf(query: string): Promise<number> {
  const result = await store.client.query({ query, format: 'JSONCompactEachRow' });
  return Number((await result.json<[unknown]>())[0]?.[0]);
}

/** Every request from another address with another handshake and another agent: nothing aggregates. */
function attack(batch: number): Parameters<typeof insertHttpLogs>[1] {
  const absent = absentHttpLogRow();
  return Array.from({ length: batchRows }, (_, i) => {
    const id = batch * batchRows + i;
    return {
      ...absent,
      time: Date.now() * 1000 + i,
      src_ip: `10.${id >> 16}.${(id >> 8) & 255}.${id & 255}`,
      peer_ip: '198.18.16.5',
      host: `h${id % 50}.example`,
      method: 'GET',
      path: `/${id}`,
      header_user_agent: `agent ${id}`,
      ja4: `t13d1516h2_${id.toString(16).padStart(12, '0')}_e5627efa2ab1`,
      tls_stack: String(id),
      correlated: 1,
    };
  });
}

it('stays within its memory, and loses nothing, though nothing aggregates and reads ask for all of it', async () => {
  let attacking = true;
  const queries = [
    'SELECT path, groupArray(header_user_agent), uniqExact(ja4) FROM ja4_logs.http_logs GROUP BY path, src_ip ORDER BY 2 LIMIT 5',
    'SELECT length(groupArray(concat(path, toString(n.number)))) FROM ja4_logs.http_logs AS log CROSS JOIN numbers(1000) AS n',
  ];
  let refused = 0;
  const readers = queries.map(async (query) => {
    while (attacking) {
      await numberOf(query).catch((error: Error) => {
        expect(error.message).toMatch(/memory/i);
        refused++;
      });
    }
  });
  for (let batch = 0; batch < batches; batch++) {
    await expect
      .poll(() => insertHttpLogs(store, attack(batch), `batch-${batch}`).then(() => 'stored', String), {
        timeout: 60_000,
      })
      .toBe('stored');
  }
  attacking = false;
  await Promise.all(readers);
  expect(refused).toBeGreaterThan(0);
  expect(await numberOf('SELECT count() FROM ja4_logs.http_logs')).toBe(batches * batchRows);
  expect(await numberOf('SELECT sum(hits) FROM ja4_processing.agg_host_ip_ja4_1h')).toBe(batches * batchRows);
  expect(mostResident()).toBeLessThan(limitBytes);
});
