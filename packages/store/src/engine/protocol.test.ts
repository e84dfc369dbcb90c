import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codes, statuses } from './clickhouse-error.ts';
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

/** What these clients are refused is what is tested, and nothing to log. */
const log = { level: ClickHouseLogLevel.OFF };

const inSession = (session_id: string): ClickHouseClient =>
  createClient({ url: server.engine.url, password: readStorePassword(server.dataDir), session_id, log });

async function rows<T>(of: ClickHouseClient, query: string): Promise<T[]> {
  return (await of.query({ query, format: 'JSONEachRow' })).json<T>();
}

describe('errors', () => {
  test('have the engine’s own names and numbers, and ClickHouse’s HTTP status', async () => {
    const name = async (code: number): Promise<string> =>
      (await send(server, '/', { body: `SELECT errorCodeToName(${code})` })).body.toString().trim();
    for (const [error, code] of Object.entries(codes)) expect(await name(code), String(code)).toBe(error);
    const named = new Map<number, string[]>();
    for (const [status, list] of statuses) named.set(status, await Promise.all(list.map(name)));
    expect(named.get(404)).toEqual(
      expect.arrayContaining(['UNKNOWN_TABLE', 'UNKNOWN_SETTING', 'UNKNOWN_ROLE']),
    );
    expect(named.get(400)).toEqual(
      expect.arrayContaining([
        'SYNTAX_ERROR',
        'BAD_ARGUMENTS',
        'TYPE_MISMATCH',
        'CANNOT_PARSE_UUID',
        'TOO_BIG_AST',
      ]),
    );
    expect(named.get(403)).toEqual(
      expect.arrayContaining(['ACCESS_DENIED', 'AUTHENTICATION_FAILED', 'SET_NON_GRANTED_ROLE']),
    );
    expect(named.get(503)).toEqual(
      expect.arrayContaining(['CANNOT_OPEN_FILE', 'SOCKET_TIMEOUT', 'CANNOT_SCHEDULE_TASK']),
    );
  });

  test('call no statement a syntax error, at its place', async () => {
    await expect(client.command({ query: '\n /* a */ invalid' })).rejects.toMatchObject({
      code: '62',
      type: 'SYNTAX_ERROR',
      message: expect.stringContaining('failed at position 9 (invalid)'),
    });
  });
});

describe('a session', () => {
  test('keeps settings and the database', async () => {
    const session = inSession('kept settings');
    await session.command({ query: 'CREATE DATABASE elsewhere' });
    await session.command({ query: "SET max_block_size = 7, log_comment = 'it''s'" });
    await session.command({ query: 'USE elsewhere' });
    const seen = () =>
      rows(session, "SELECT getSetting('max_block_size') AS m, currentDatabase() AS d FROM system.one");
    expect(await seen()).toEqual([{ m: 7, d: 'elsewhere' }]);
    await session.command({ query: 'SET max_block_size = DEFAULT' });
    expect(await seen()).toEqual([{ m: 65409, d: 'elsewhere' }]);
    expect(await rows(client, 'SELECT currentDatabase() AS d')).toEqual([{ d: 'default' }]);
    await session.close();
  });

  test('keeps parameters that SET gave', async () => {
    const session = inSession('kept parameters');
    await session.command({ query: "SET param_text = 'a\\\\tb', param_number = 5" });
    expect(await rows(session, 'SELECT {text:String} AS t, {number:UInt8} AS n')).toEqual([
      { t: 'a\tb', n: 5 },
    ]);
    await session.close();
  });

  test('takes over nothing that the engine refuses', async () => {
    const session = inSession('refused');
    for (const [query, code] of [
      ['SET nosuch_setting = 1', '115'],
      ['SET readonly = 0', '497'],
      ['SET output_format_nosuch = 1', '115'],
      ["SET max_block_size = 'x'", '27'],
      ['USE nosuch', '81'],
      ['SET max_threads', '62'],
      ['USE', '62'],
    ] as const)
      await expect(session.command({ query }), query).rejects.toMatchObject({ code });
    expect(await rows(session, 'SELECT 1 AS a')).toEqual([{ a: 1 }]);
    await session.close();
  });

  test('has temporary tables of its own, in every way of writing and reading them', async () => {
    const session = inSession('temporary');
    await session.command({ query: 'CREATE TEMPORARY TABLE mine (id Int32, name String)' });
    await session.insert({ table: 'mine', values: [{ id: 42, name: 'foo\n\n' }], format: 'JSONEachRow' });
    await session.command({ query: "INSERT INTO mine VALUES (43, 'bar')" });
    await session.command({ query: 'INSERT INTO mine SELECT 44, toString(max(id)) FROM mine' });
    expect(await rows(session, 'SELECT * FROM mine ORDER BY id')).toEqual([
      { id: 42, name: 'foo\n\n' },
      { id: 43, name: 'bar' },
      { id: 44, name: '43' },
    ]);
    const many = await session.query({
      query: 'SELECT number FROM numbers(300000) AS n, mine',
      format: 'TabSeparated',
    });
    expect((await many.text()).length).toBeGreaterThan(1_000_000);
    await expect(rows(client, 'SELECT * FROM mine')).rejects.toMatchObject({ code: '60' });
    await session.command({ query: 'DROP TEMPORARY TABLE mine' });
    await expect(rows(session, 'SELECT * FROM mine')).rejects.toMatchObject({ code: '60' });
    await session.close();
  });

  test('sets back what one statement set, also beside temporary tables', async () => {
    const session = inSession('set back');
    await session.command({ query: 'SET max_block_size = 9' });
    await session.command({ query: 'CREATE TEMPORARY TABLE t (a Int8)' });
    const seen =
      "SELECT getSetting('max_block_size') AS m, getSetting('max_insert_block_size') AS i, currentDatabase() AS d";
    await send(server, '/?session_id=set%20back&max_insert_block_size=11&max_block_size=12&database=system', {
      body: seen,
    });
    expect(await rows(session, `${seen} SETTINGS max_insert_block_size = 13`)).toEqual([
      { m: 9, i: 13, d: 'default' },
    ]);
    const [after] = await rows<{ i: number }>(session, seen);
    expect([11, 13]).not.toContain(after?.i);
    expect([after]).toEqual([{ m: 9, i: expect.any(Number), d: 'default' }]);
    await session.close();
  });

  test('goes on after a statement that failed, also beside temporary tables', async () => {
    const session = inSession('goes on');
    await session.command({ query: 'CREATE TEMPORARY TABLE t (a Int8)' });
    for (const settings of [
      'output_format_nosuch = 1',
      "max_block_size = 'x'",
      'max_block_size = 1, max_rows_to_read = 1',
    ]) {
      await expect(rows(session, `SELECT * FROM numbers(9) SETTINGS ${settings}`)).rejects.toThrow();
      expect(await rows(session, 'SELECT count() AS n FROM numbers(9)')).toEqual([{ n: 9 }]);
    }
    await session.close();
  });

  test('is nothing that a reader can write with, and something that a writer can', async () => {
    const as = (role: 'reader' | 'writer') =>
      createClient({
        url: server.engine.url,
        username: role,
        password: readStorePassword(server.dataDir, role),
        session_id: 'shared name',
        log,
      });
    const [reader, writer] = [as('reader'), as('writer')];
    await expect(reader.command({ query: 'CREATE TEMPORARY TABLE t (a Int8)' })).rejects.toMatchObject({
      code: '164',
    });
    await writer.command({ query: 'CREATE TEMPORARY TABLE t (a Int8)' });
    await expect(reader.query({ query: 'SELECT * FROM t' })).rejects.toMatchObject({ code: '60' });
    await expect(writer.command({ query: 'CREATE TABLE t (a Int8) ENGINE = Memory' })).rejects.toMatchObject({
      code: '164',
    });
    await reader.close();
    await writer.close();
  });

  test('has few temporary tables’ worth of threads, and gives them back', async () => {
    const make = (i: number) =>
      send(server, `/?session_timeout=2&session_id=thread-${i}`, {
        body: 'CREATE TEMPORARY TABLE t (a Int8)',
      });
    const answers: unknown[] = [];
    for (let i = 0; i < 20 && !answers.includes('202'); i++)
      answers.push((await make(i)).headers['x-clickhouse-exception-code']);
    expect(answers).toContain('202');
    await expect.poll(async () => (await make(100)).status, { timeout: 10_000, interval: 200 }).toBe(200);
  });

  test('takes one statement at a time, and says when it is gone', async () => {
    const slow = send(server, '/?session_id=one', { body: 'SELECT sleep(1)' });
    await sleep(200);
    const second = await send(server, '/?session_id=one', { body: 'SELECT 1' });
    expect(second.headers['x-clickhouse-exception-code']).toBe('373');
    expect((await slow).status).toBe(200);
    const gone = await send(server, '/?session_id=never&session_check=1', { body: 'SELECT 1' });
    expect(gone.headers['x-clickhouse-exception-code']).toBe('372');
    const empty = await send(server, '/?session_id=', { body: 'SELECT 1' });
    expect(empty.headers['x-clickhouse-exception-code']).toBe('744');
    const long = await send(server, '/?session_id=a&session_timeout=99999', { body: 'SELECT 1' });
    expect(long.headers['x-clickhouse-exception-code']).toBe('374');
  });
});

describe('roles', () => {
  test('a request can be limited to less than its login may', async () => {
    await expect(
      client.insert({ table: 'rows', values: [{ a: 1 }], format: 'JSONEachRow', role: 'reader' }),
    ).rejects.toMatchObject({ code: '164' });
    await client.insert({
      table: 'rows',
      values: [{ a: 1 }],
      format: 'JSONEachRow',
      role: ['reader', 'writer'],
    });
    await expect(client.command({ query: 'TRUNCATE TABLE rows', role: 'writer' })).rejects.toMatchObject({
      code: '164',
    });
    await client.command({ query: 'TRUNCATE TABLE rows' });
    const writer = server.connect('writer').client;
    await expect(writer.query({ query: 'SELECT 1', role: 'admin' })).rejects.toMatchObject({ code: '512' });
    await expect(writer.query({ query: 'SELECT 1', role: 'nosuch' })).rejects.toMatchObject({ code: '511' });
  });
});

describe('JSONEachRowWithProgress', () => {
  const linesOf = async (query: string): Promise<object[]> =>
    (await client.query({ query, format: 'JSONEachRowWithProgress' })).json();

  test('is streamed: progress first and at intervals, columns once, then rows, totals and what came before a limit', async () => {
    const lines = await linesOf(
      'SELECT number % 3 AS k, count() AS c FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k LIMIT 2',
    );
    expect(lines.map((line) => Object.keys(line)[0])).toEqual([
      'progress',
      'meta',
      'row',
      'row',
      'totals',
      'rows_before_limit_at_least',
    ]);
    expect(lines.slice(2, 5)).toEqual([
      { row: { k: 0, c: '3' } },
      { row: { k: 1, c: '3' } },
      { totals: { k: 0, c: '9' } },
    ]);
    const many = await linesOf(
      'SELECT number, sleepEachRow(0.05) FROM numbers(12) SETTINGS max_block_size = 1',
    );
    const kinds = many.map((line) => Object.keys(line)[0]);
    expect(kinds.filter((kind) => kind === 'meta')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'row')).toHaveLength(12);
    expect(kinds.filter((kind) => kind === 'progress').length).toBeGreaterThan(2);
  });

  test('ends in a typed error where the statement fails in the middle', async () => {
    const result = client.query({
      query:
        'SELECT throwIf(number = 40) AS t, sleepEachRow(0.01) FROM numbers(100) SETTINGS max_block_size = 1',
      format: 'JSONEachRowWithProgress',
    });
    await expect(result.then((set) => set.json())).rejects.toMatchObject({ code: '395' });
  });
});

/** An answer as it stands on the wire: status line, headers in their order, body. */
async function raw(head: string, body: string): Promise<string> {
  const { hostname, port } = new URL(server.engine.url);
  const login = `X-ClickHouse-User: default\r\nX-ClickHouse-Key: ${readStorePassword(server.dataDir)}`;
  const socket = connect(Number(port), hostname);
  socket.write(`${head}\r\nHost: localhost\r\n${login}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

describe('progress', () => {
  const slow = 'SELECT count() FROM numbers(6) WHERE sleepEachRow(0.2) = 0 SETTINGS max_block_size = 1';
  const withProgress =
    'POST /?send_progress_in_http_headers=1&http_headers_progress_interval_ms=100 HTTP/1.1';

  test('is reported in headers while a statement runs, before its result', async () => {
    const answer = await raw(withProgress, slow);
    const [head = '', body] = answer.split('\r\n\r\n');
    const reports = [...head.matchAll(/^X-ClickHouse-Progress: (.*)$/gm)].map(([, json]) =>
      JSON.parse(json ?? ''),
    );
    expect(reports.length).toBeGreaterThan(2);
    expect(reports.at(-1)).toEqual({
      read_rows: expect.stringMatching(/^\d+$/),
      read_bytes: expect.stringMatching(/^\d+$/),
      written_rows: '0',
      written_bytes: '0',
      total_rows_to_read: expect.stringMatching(/^\d+$/),
      result_rows: '0',
      result_bytes: '0',
      elapsed_ns: expect.stringMatching(/^\d+$/),
      memory_usage: expect.stringMatching(/^\d+$/),
    });
    expect(Number(reports.at(-1).read_rows)).toBeGreaterThan(0);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head).toMatch(/\r\nX-ClickHouse-Summary: /);
    expect(body).toMatch(/^2\r\n6\n/);
  });

  test('is understood by @clickhouse/client, result, exception and empty answer alike', async () => {
    const clickhouse_settings = {
      send_progress_in_http_headers: 1,
      http_headers_progress_interval_ms: '100',
    } as const;
    const result = await client.query({ query: slow, format: 'JSONEachRow', clickhouse_settings });
    expect(await result.json()).toEqual([{ 'count()': '6' }]);
    await expect(
      client.query({
        query: `SELECT count() FROM numbers(20) WHERE sleepEachRow(0.05) = 0 AND NOT throwIf(number = 10, 'in the middle') SETTINGS max_block_size = 1`,
        clickhouse_settings,
      }),
    ).rejects.toMatchObject({ code: '395', message: expect.stringContaining('in the middle') });
    const inserted = await client.command({
      query: 'INSERT INTO rows SELECT number + sleepEachRow(0.2), toString(number) FROM numbers(3)',
      clickhouse_settings,
    });
    expect(inserted.summary).toMatchObject({ written_rows: expect.any(String) });
    expect(await rows(client, 'SELECT count() AS n FROM rows')).toEqual([{ n: '3' }]);
  });

  test('goes with compressed and with streamed results', async () => {
    const packed = createClient({
      url: server.engine.url,
      password: readStorePassword(server.dataDir),
      compression: { response: true },
      clickhouse_settings: { send_progress_in_http_headers: 1, http_headers_progress_interval_ms: '100' },
    });
    const result = await packed.query({
      query: 'SELECT number, sleep(0.3) AS s FROM numbers(200000)',
      format: 'JSONEachRow',
    });
    expect(await result.json()).toHaveLength(200_000);
    await packed.close();
  });

  test('is not for HTTP/1.0, which has no chunks, nor for HEAD', async () => {
    const answer = await raw(withProgress.replace('1.1', '1.0'), slow);
    expect(answer).not.toContain('X-ClickHouse-Progress');
    expect(answer).toMatch(/\r\n\r\n6\n$/);
  });

  test('ends with its client: the statement is killed', async () => {
    const gone = new AbortController();
    const long = client.query({
      query: 'SELECT sum(sipHash64(number)) FROM numbers(100000000000)',
      clickhouse_settings: { send_progress_in_http_headers: 1, http_headers_progress_interval_ms: '100' },
      abort_signal: gone.signal,
    });
    await sleep(500);
    gone.abort();
    await expect(long).rejects.toThrow();
    await expect.poll(() => server.engine.counters().read_running, { timeout: 10_000 }).toBe(0);
  });
});
