import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readStorePassword } from './credentials.ts';
import { send, startTestEngine, type TestEngine } from './engine.test-support.ts';

let server: TestEngine;
let client: ClickHouseClient;

beforeAll(async () => {
  server = await startTestEngine();
  client = server.admin.client;
  await client.command({ query: 'CREATE TABLE rows (a UInt32, b String) ENGINE = MergeTree ORDER BY a' });
});
afterAll(() => server.stop());

async function rows(query: string, parameters: Record<string, unknown> = {}): Promise<unknown[]> {
  const result = await client.query({ query, query_params: parameters, format: 'JSONEachRow' });
  return result.json();
}

const failsWith = (promise: Promise<unknown>, code: number): Promise<void> =>
  expect(promise).rejects.toMatchObject({ code: String(code) });

describe('the door', () => {
  test('keeps passwords in files that only the owner reads', () => {
    for (const name of ['store.password', 'store.writer.password', 'store.reader.password'])
      expect(statSync(join(server.dataDir, name)).mode & 0o777).toBe(0o600);
    expect(readStorePassword(server.dataDir)).toMatch(/^[\w-]{43}$/);
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
