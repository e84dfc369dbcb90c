import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readStorePassword } from './credentials.ts';
import { send, startTestEngine, type TestEngine, temporaryFolder } from './engine.test-support.ts';

let folder: string;
let server: TestEngine;
let client: ClickHouseClient;

beforeAll(async () => {
  folder = temporaryFolder();
  const umask = process.umask(0);
  server = await startTestEngine({ dataDir: join(folder, 'data', 'store') });
  process.umask(umask);
  client = server.admin.client;
  await client.command({ query: 'CREATE TABLE rows (a UInt32, b String) ENGINE = MergeTree ORDER BY a' });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function rows(query: string, parameters: Record<string, unknown> = {}): Promise<unknown[]> {
  const result = await client.query({ query, query_params: parameters, format: 'JSONEachRow' });
  return result.json();
}

const basicOf = (role: 'writer' | 'reader'): Record<string, string> => ({
  'X-ClickHouse-User': role,
  'X-ClickHouse-Key': readStorePassword(server.dataDir, role),
});

const failsWith = (promise: Promise<unknown>, code: number): Promise<void> =>
  expect(promise).rejects.toMatchObject({ code: String(code) });

describe('the door', () => {
  test('keeps passwords in files that only the owner reads', () => {
    for (const name of ['store.password', 'store.writer.password', 'store.reader.password'])
      expect(statSync(join(server.dataDir, name)).mode & 0o777).toBe(0o600);
    expect(readStorePassword(server.dataDir)).toMatch(/^[\w-]{43}$/);
  });

  test('keeps its folder to the owner, and lets others pass the folders above it, but not write', () => {
    expect(statSync(server.dataDir).mode & 0o777).toBe(0o700);
    expect(statSync(dirname(server.dataDir)).mode & 0o777).toBe(0o755);
  });

  test('asks for a password and knows three ways to give it', async () => {
    const password = readStorePassword(server.dataDir, 'reader');
    expect((await send(server, '/?query=SELECT%201', { login: false })).status).toBe(401);
    expect(
      (await send(server, `/?query=SELECT%201&user=reader&password=${password}`, { login: false })).status,
    ).toBe(200);
    const basic = (user: string, secret: string) => ({
      Authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`,
    });
    expect(
      (await send(server, '/?query=SELECT%201', { login: false, headers: basic('reader', password) })).status,
    ).toBe(200);
    for (const [user, secret] of [
      ['default', password],
      ['reader', ''],
      ['nobody', password],
    ] as const) {
      const answer = await send(server, '/?query=SELECT%201', { login: false, headers: basic(user, secret) });
      expect(answer.status).toBe(403);
      expect(answer.headers['x-clickhouse-exception-code']).toBe('516');
    }
  });

  test('refuses names that are not this machine’s', async () => {
    const answer = await send(server, '/ping', { headers: { Host: 'evil.example:8123' } });
    expect(answer.status).toBe(403);
    expect((await send(server, '/ping', { headers: { Host: 'localhost:8123' } })).body.toString()).toBe(
      'Ok.\n',
    );
  });

  test('calls an address that is none a mistake of the client', async () => {
    expect((await send(server, '//[')).status).toBe(400);
  });

  test('changes nothing on GET', async () => {
    expect((await send(server, '/?query=DROP%20TABLE%20rows')).headers['x-clickhouse-exception-code']).toBe(
      '164',
    );
  });

  test.each(['reader', 'writer'] as const)('holds a %s to its role', async (role) => {
    const limited = server.connect(role).client;
    expect(await (await limited.query({ query: 'SELECT 1 AS a', format: 'JSONEachRow' })).json()).toEqual([
      { a: 1 },
    ]);
    const insert = limited.insert({ table: 'rows', format: 'JSONEachRow', values: [{ a: 7 }] });
    if (role === 'reader') await failsWith(insert, 164);
    else await insert;
    await failsWith(limited.command({ query: 'TRUNCATE TABLE rows' }), 164);
  });

  test('lets no table name be the name of a file', async () => {
    for (const name of ["'/etc/passwd'", '`/etc/passwd`', 'default.`/etc/passwd`'])
      await failsWith(rows(`SELECT * FROM ${name}`), 60);
    await failsWith(rows('SELECT * FROM {t:Identifier}', { t: '/etc/passwd' }), 60);
  });

  test('opens no file, however a function is named', async () => {
    const canary = join(server.dataDir, 'canary.txt');
    writeFileSync(canary, 'CANARY');
    const reader = server.connect('reader').client;
    for (const query of [
      `SELECT \`fi\\Nle\`('${canary}')`,
      `SELECT * APPLY(file) FROM (SELECT '${canary}' AS x)`,
      `SELECT arrayMap(file, ['${canary}'])`,
      `SELECT arrayMap({name:Identifier}, ['${canary}'])`,
      `SELECT x FROM values('y UInt8, x String ALIAS file(\\'${canary}\\')', 1)`,
      'SELECT x FROM values({structure:String}, 1)',
      `SELECT x FROM generateRandom('x String ALIAS file(\\'${canary}\\')') LIMIT 1`,
      `SELECT * FROM format(Values, 'x String', $$(file('${canary}'))$$)`,
    ]) {
      const structure = `y UInt8, x String ALIAS file('${canary}')`;
      const answer = reader.query({ query, query_params: { name: 'file', structure }, format: 'CSV' });
      await expect(
        answer.then((result) => result.text()),
        query,
      ).rejects.toThrow(/refused for every role|READONLY|backslash|readonly/i);
    }
    const writer = server.connect('writer').client;
    await failsWith(
      writer.command({
        query: `INSERT INTO rows SELECT 1, x FROM format(Values, 'x String', $$(file('${canary}'))$$)`,
      }),
      497,
    );
  });

  test('has no table that acts when it is read', async () => {
    for (const table of ['models', 'stack_trace', 'symbols', 'certificates', 'jemalloc_profile_text'])
      await failsWith(rows(`SELECT * FROM system.${table}`), 60);
    await failsWith(rows("SELECT * FROM merge('system', '^models$')"), 636);
  });

  test('runs nothing that stands behind the rows of an insert', async () => {
    const rest = '\n1,a\n\nCREATE TABLE smuggled (a Int8) ENGINE = Memory';
    await client.command({ query: 'CREATE TABLE `with` (a UInt32, b String) ENGINE = Memory' });
    for (const head of [
      'INSERT INTO with FORMAT CSV',
      'INSERT INTO default.with FORMAT CSV',
      'WITH 1 AS x INSERT INTO rows FORMAT CSV',
      'INSERT INTO rows FORMAT CSV',
    ])
      await send(server, '/', { body: head + rest, headers: basicOf('writer') });
    expect(await rows("SELECT name FROM system.tables WHERE name = 'smuggled'")).toEqual([]);
  });

  test('keeps the database that the engine opens', async () => {
    await failsWith(client.command({ query: 'DETACH DATABASE default' }), 497);
    await failsWith(client.command({ query: 'DROP DATABASE default' }), 497);
    expect(await rows('SELECT 1 AS a')).toEqual([{ a: 1 }]);
  });

  test('narrows limits for a statement, and never lifts them', async () => {
    const limit = async (name: string, value: string | number) =>
      (await rows(`SELECT toFloat64(getSetting('${name}')) AS v SETTINGS ${name} = ${value}`))[0];
    expect(await limit('max_execution_time', 7)).toEqual({ v: 7 });
    for (const value of [0, 100_000, "'0'", "'0x0'", "''"])
      expect(await limit('max_execution_time', value), String(value)).toEqual({ v: 300 });
    expect(await limit('max_threads', 1_000)).toEqual({ v: 64 });
    expect(await limit('max_threads', 1)).toEqual({ v: 1 });
  });

  test('evaluates no expression in rows that came as data', async () => {
    const answer = await send(server, '/?query=INSERT%20INTO%20rows%20VALUES', {
      body: "(length(file('/etc/passwd')), 'x')",
    });
    expect(answer.body.toString()).toMatch(/^Code: 344\..*Interpreting expressions is disabled/);
    const writer = server.connect('writer').client;
    await expect(
      writer.command({ query: "INSERT INTO rows VALUES (length(file('/etc/passwd')), 'x')" }),
    ).rejects.toThrow();
    await failsWith(
      client.command({ query: "INSERT INTO rows VALUES (length(file('/etc/passwd')), 'x')" }),
      497,
    );
  });

  test('leaves no body of an insert behind', () => {
    expect(readdirSync(join(server.dataDir, 'inserts'))).toEqual([]);
  });

  test('counts what it does', () => {
    const counters = server.engine.counters();
    expect(counters.queries_insert).toBeGreaterThan(0);
    expect(counters.errors_code_60).toBeGreaterThan(0);
    expect(counters.logins_failed).toBe(3);
    expect(counters.hosts_refused).toBe(1);
    expect(server.engine.ready()).toEqual({ ok: true });
  });
});
