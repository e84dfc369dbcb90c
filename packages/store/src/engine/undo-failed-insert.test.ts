import { rmSync } from 'node:fs';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DataFolder, openDataFolder } from './data-folder.ts';
import { temporaryFolder } from './engine.test-support.ts';
import { OnceInserts } from './insert-once.ts';
import { memoryShare } from './memory-share.ts';
import { EngineSessions } from './sessions.ts';
import { TableFolders } from './table-folders.ts';

const log = pino({ level: 'silent' });
let dataDir: string;
let folder: DataFolder;
let sessions: EngineSessions;
let once: OnceInserts;
beforeAll(async () => {
  dataDir = temporaryFolder();
  folder = await openDataFolder(dataDir, true, log);
  const limits = { memory: memoryShare(800_000_000), threads: 2, fsync: true };
  sessions = await EngineSessions.open(dataDir, limits, []);
  once = new OnceInserts(sessions, folder, { tables: new TableFolders(sessions, dataDir), fsync: true, log });
});
afterAll(async () => {
  await sessions.close();
  await folder.close();
  rmSync(dataDir, { recursive: true });
});

const run = (sql: string): Promise<Uint8Array> => sessions.control(sql, 'TSV');
const kept = { database: 'default', table: 'kept' };
const rows = async (): Promise<string> => Buffer.from(await run('SELECT a FROM kept ORDER BY a')).toString();

test('a failed insert is taken out of merges that had taken it up, in every partition', async () => {
  await run('CREATE TABLE kept (a UInt32) ENGINE = MergeTree PARTITION BY a % 2 ORDER BY a');
  for (const a of [1, 2, 3]) await run(`INSERT INTO kept VALUES (${a})`);
  await run('OPTIMIZE TABLE kept FINAL');
  for (const a of [4, 5]) await run(`INSERT INTO kept VALUES (${a})`);
  const failing = once.run({ ...kept, token: 'one' }, async () => {
    await run('INSERT INTO kept VALUES (6), (7), (8)');
    await run('OPTIMIZE TABLE kept FINAL');
    expect(await rows()).toBe('1\n2\n3\n4\n5\n6\n7\n8\n');
    throw new Error('a view refuses it');
  });
  await expect(failing).rejects.toThrow('a view refuses it');
  expect(await rows()).toBe('1\n2\n3\n4\n5\n');
  expect(folder.journal.begun).toBeUndefined();

  await once.run({ ...kept, token: 'one' }, () => run('INSERT INTO kept VALUES (6), (7), (8)'));
  expect(await rows()).toBe('1\n2\n3\n4\n5\n6\n7\n8\n');
  await run('OPTIMIZE TABLE kept FINAL');
  expect(await rows()).toBe('1\n2\n3\n4\n5\n6\n7\n8\n');
});
