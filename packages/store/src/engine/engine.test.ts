import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type ClickHouseClient, ClickHouseError, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readStorePassword } from './credentials.ts';
import { send, startTestEngine, type TestEngine } from './engine.test-support.ts';

let server: TestEngine;
let client: ClickHouseClient;

beforeAll(async () => {
  server = await startTestEngine({ insertLimitBytes: 8_000_000 });
  client = server.admin.client;
  await client.command({ query: 'CREATE TABLE rows (a UInt32, b String) ENGINE = MergeTree ORDER BY a' });
});
afterAll(() => server.stop());

async function rows<T>(query: string, parameters: Record<string, unknown> = {}): Promise<T[]> {
  const result = await client.query({ query, query_params: parameters, format: 'JSONEachRow' });
  return result.json<T>();
}

const failsWith = (promise: Promise<unknown>, code: number | string): Promise<void> =>
  expect(promise).rejects.toMatchObject({ code: String(code) });

describe('@clickhouse/client', () => {
  test('pings with and without a statement', async () => {
    expect(await client.ping()).toEqual({ success: true });
    expect(await client.ping({ select: true })).toEqual({ success: true });
  });

  test.each([
    'SHOW CREATE TABLE rows',
    'DESCRIBE TABLE rows',
    'EXISTS TABLE rows',
    'EXPLAIN SELECT count() FROM rows',
    'SHOW TABLES',
  ])('answers %s, which the engine does not stream', async (query) => {
    const result = await client.query({ query, format: 'JSONCompactEachRow' });
    expect((await result.json()).length).toBeGreaterThan(0);
  });

  test('binds parameters of every kind, hostile ones too', async () => {
    const hostile = '\'; DROP TABLE rows; --\t\n\\ " ` {x:String} é \u2028 \0 \\0';
    const [row] = await rows(
      'SELECT {s:String} AS s, {n:UInt64} AS n, {l:Array(String)} AS l, {z:Nullable(String)} AS z',
      {
        s: hostile,
        n: '18446744073709551615',
        l: [hostile, 'b'],
        z: null,
      },
    );
    expect(row).toEqual({ s: hostile, n: '18446744073709551615', l: [hostile, 'b'], z: null });
    expect(
      await rows('SELECT count() AS n FROM {d:Identifier}.{t:Identifier}', { d: 'default', t: 'rows' }),
    ).toHaveLength(1);
    await failsWith(rows('SELECT {absent:String}'), 456);
  });

  test('sends long parameters as a form', async () => {
    const s = 'é'.repeat(100_000);
    const result = await client.query({
      query: 'SELECT length({s:String}) AS n',
      query_params: { s },
      format: 'JSONEachRow',
      use_multipart_params: true,
    });
    expect(await result.json()).toEqual([{ n: '200000' }]);
  });

  test('keeps parameters of statements that run at the same time apart', async () => {
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, i) => rows<{ i: number }>('SELECT {i:UInt32} AS i, sleep(0.01)', { i })),
    );
    expect(results.map(([row]) => row?.i)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  test('inserts in text, compact, binary and native formats', async () => {
    await client.command({ query: 'CREATE TABLE formats (a UInt32, b String) ENGINE = Memory' });
    await client.insert({ table: 'formats', format: 'JSONEachRow', values: [{ a: 1, b: 'x\n\n;DROP' }] });
    await client.insert({
      table: 'formats',
      format: 'JSONCompactEachRow',
      values: [[2, 'y']],
      columns: ['a', 'b'],
    });
    await client.insert({
      table: 'formats',
      format: 'CSV',
      values: Readable.from(['3,"z"\n', '4,"w"\n'], { objectMode: false }),
    });
    await client.insert({
      table: 'formats',
      format: 'JSONEachRow',
      values: Readable.from([{ a: 5 }, { a: 6 }]),
      columns: ['a'],
    });
    const binary = Buffer.from([7, 0, 0, 0, 3, 0x62, 0x0a, 0x0a]);
    const sent = await client.exec({
      query: 'INSERT INTO formats FORMAT RowBinary',
      values: Readable.from([binary]),
    });
    sent.stream.resume();
    const native = await send(
      server,
      '/?query=SELECT%20toUInt32(8)%20AS%20a,%20%27n%27%20AS%20b%20FORMAT%20Native',
    );
    await send(server, '/?query=INSERT%20INTO%20formats%20FORMAT%20Native', { body: native.body });
    expect(
      (await rows<{ a: number; b: string }>('SELECT * FROM formats ORDER BY a')).map((row) => row.b),
    ).toEqual(['x\n\n;DROP', 'y', 'z', 'w', '', '', 'b\n\n', 'n']);
  });

  test('passes settings on, and a repeated deduplication token changes nothing', async () => {
    await client.command({
      query: `CREATE TABLE once (a UInt32) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100`,
    });
    const insert = (a: number, token: string) =>
      client.insert({
        table: 'once',
        format: 'JSONEachRow',
        values: [{ a }],
        clickhouse_settings: { insert_deduplicate: 1, insert_deduplication_token: token },
      });
    await insert(1, 'first');
    await insert(1, 'first');
    await insert(2, "it's");
    expect(await rows('SELECT a FROM once ORDER BY a')).toEqual([{ a: 1 }, { a: 2 }]);
  });

  test('reports a summary, the format and the query id', async () => {
    const inserted = await client.insert({
      table: 'rows',
      format: 'JSONEachRow',
      values: [{ a: 1 }, { a: 2 }],
      query_id: 'mine-1',
    });
    expect(inserted.query_id).toBe('mine-1');
    expect(inserted.summary).toMatchObject({ written_rows: '2' });
    const answer = await send(server, '/?query_id=mine-2&default_format=JSONCompact&query=SELECT%201');
    expect(answer.headers).toMatchObject({
      'x-clickhouse-query-id': 'mine-2',
      'x-clickhouse-format': 'JSONCompact',
      'content-type': 'application/json; charset=UTF-8',
    });
  });

  test('streams a large result, and reports an error in the middle of one', async () => {
    const result = await client.query({
      query: 'SELECT number AS n FROM numbers(500000)',
      format: 'JSONEachRow',
    });
    let count = 0;
    for await (const batch of result.stream()) count += batch.length;
    expect(count).toBe(500_000);
    const broken = await client.query({
      query: 'SELECT throwIf(number = 450000) FROM numbers(500000) SETTINGS max_threads = 1',
      format: 'JSONEachRow',
    });
    await failsWith(broken.json(), 395);
    const csv = await client.query({
      query: 'SELECT throwIf(number = 450000) FROM numbers(500000) SETTINGS max_threads = 1',
      format: 'CSV',
    });
    await expect(csv.text()).rejects.toThrow();
  });

  test('compresses both ways', async () => {
    const zipped = createClient({
      url: server.engine.url,
      password: readStorePassword(server.dataDir),
      compression: { request: true, response: true },
    });
    await zipped.command({ query: 'CREATE TABLE zipped (a String) ENGINE = Memory' });
    await zipped.insert({ table: 'zipped', format: 'JSONEachRow', values: [{ a: 'é'.repeat(1000) }] });
    const result = await zipped.query({ query: 'SELECT length(a) AS n FROM zipped', format: 'JSON' });
    expect((await result.json()).data).toEqual([{ n: 2000 }]);
    await zipped.close();
    const answer = await send(server, '/?enable_http_compression=1&query=SELECT%201', {
      headers: { 'Accept-Encoding': 'gzip' },
    });
    expect(gunzipSync(answer.body).toString()).toBe('1\n');
    const bad = await send(server, '/?query=INSERT%20INTO%20zipped%20FORMAT%20CSV', {
      headers: { 'Content-Encoding': 'gzip' },
      body: gzipSync('a').subarray(0, 12),
    });
    expect(bad.body.toString()).toContain('Content-Encoding');
  });

  test('throws typed errors with ClickHouse codes', async () => {
    const error = await rows('SELECT nosuch').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ClickHouseError);
    expect(error).toMatchObject({ code: '47', type: 'UNKNOWN_IDENTIFIER' });
    await failsWith(rows('SELEC 1'), 62);
    await failsWith(client.command({ query: 'GRANT ALL ON *.* TO x' }), 497);
    await failsWith(rows('SELECT (1'), 62);
    await failsWith(rows('SELECT 1 FROM nosuch'), 60);
    await failsWith(client.insert({ table: 'rows', format: 'JSONEachRow', values: [{ a: 'x' }] }), 27);
    await failsWith(client.command({ query: 'SELECT 1', clickhouse_settings: { readonly: '0' } }), 497);
    const answer = await send(server, '/', { body: 'SELECT 1 FROM nosuch' });
    expect(answer.status).toBe(404);
    expect(answer.headers['x-clickhouse-exception-code']).toBe('60');
    expect(answer.body.toString()).toMatch(
      /^Code: 60\. DB::Exception: .*\(UNKNOWN_TABLE\) \(version [\d.]+\)\n$/s,
    );
  });

  test('runs INSERT … VALUES and INSERT … SELECT as commands, rows with blank lines included', async () => {
    await client.command({ query: 'CREATE TABLE typed (a UInt32, b String) ENGINE = Memory' });
    await client.command({
      query: "INSERT INTO typed VALUES (1, 'a\n\n; DROP TABLE typed'), (1 + 1, upper('b'))",
    });
    await client.command({ query: "INSERT INTO typed SELECT 3, 'c'" });
    expect(await rows('SELECT * FROM typed ORDER BY a')).toEqual([
      { a: 1, b: 'a\n\n; DROP TABLE typed' },
      { a: 2, b: 'B' },
      { a: 3, b: 'c' },
    ]);
  });
});

describe('an INSERT whose rows stand behind it in the body', () => {
  beforeAll(() =>
    client.command({ query: 'CREATE TABLE behind (a UInt32, b String) ENGINE = MergeTree ORDER BY a' }),
  );
  const count = async (): Promise<unknown> => (await rows('SELECT count() AS n, sum(a) AS s FROM behind'))[0];
  const insert = async (body: string | Buffer): Promise<void> => {
    await client.command({ query: 'TRUNCATE TABLE behind' });
    const answer = await send(server, '/', { body });
    expect(answer.status, answer.body.toString()).toBe(200);
  };

  test('may be longer than a statement, with expressions in its VALUES', async () => {
    const values = Array.from({ length: 40_000 }, (_, i) => `(${i} + 1, upper('row number ${i}'))`);
    await insert(`INSERT INTO behind VALUES ${values.join(', ')}`);
    expect(await count()).toEqual({ n: '40000', s: '800020000' });
  });

  test('may be of any length when its rows are plain', async () => {
    const lines = Array.from({ length: 120_000 }, (_, i) => `${i},"é row ${i} ${'x'.repeat(40)}"\n`);
    await insert(`/* é */ INSERT INTO behind (a, \`b\`) FORMAT CSV\n${lines.join('')}`);
    expect(await count()).toEqual({ n: '120000', s: '7199940000' });
  });

  test('need not be text', async () => {
    const row = Buffer.from([1, 0, 0, 0, 3, 0xff, 0x0a, 0x0a]);
    await insert(Buffer.concat([Buffer.from('INSERT INTO behind FORMAT RowBinary\n'), row, row]));
    expect(await rows('SELECT a, hex(b) AS b FROM behind')).toEqual([
      { a: 1, b: 'FF0A0A' },
      { a: 1, b: 'FF0A0A' },
    ]);
    const bad = await send(server, '/', { body: Buffer.from([0x53, 0x45, 0xff]) });
    expect(bad.headers['x-clickhouse-exception-code']).toBe('62');
  });

  test('is answered at once when it may not be, however much of it is still to come', async () => {
    const reader = {
      'X-ClickHouse-User': 'reader',
      'X-ClickHouse-Key': readStorePassword(server.dataDir, 'reader'),
    };
    const body = `INSERT INTO behind FORMAT CSV\n${'1,x\n'.repeat(1_700_000)}`;
    const answer = await send(server, '/', { body, headers: reader });
    expect(answer.headers['x-clickhouse-exception-code']).toBe('164');
  });

  test('is not an excuse for a long statement', async () => {
    for (const head of [
      'INSERT INTO behind SELECT 1, ',
      'SELECT ',
      'INSERT INTO behind /* FORMAT CSV */ SELECT 1, ',
    ])
      expect((await send(server, '/', { body: `${head}'${'x'.repeat(2_000_000)}'` })).status).toBe(413);
  });
});

describe('sessions', () => {
  test('see at once what another wrote or defined', async () => {
    for (let i = 0; i < 20; i++) {
      await client.command({ query: `CREATE TABLE seen_${i} (a UInt32) ENGINE = MergeTree ORDER BY a` });
      await client.insert({ table: `seen_${i}`, format: 'JSONEachRow', values: [{ a: i }] });
      const both = await Promise.all([rows(`SELECT a FROM seen_${i}`), rows(`SELECT a FROM seen_${i}`)]);
      expect(both).toEqual([[{ a: i }], [{ a: i }]]);
    }
  });

  test('keep settings and the database of one statement from the next', async () => {
    await client.command({ query: 'CREATE DATABASE other' });
    await send(server, '/?database=other&max_block_size=7', { body: 'SELECT currentDatabase()' });
    expect(await rows("SELECT currentDatabase() AS d, getSetting('max_block_size') != 7 AS s")).toEqual([
      { d: 'default', s: 1 },
    ]);
    await failsWith(client.command({ query: 'SET max_threads = 1' }), 48);
  });

  test('answer while a long statement plans and runs', async () => {
    const gone = new AbortController();
    const long = client.query({
      query: 'SELECT (SELECT sum(sipHash64(number)) FROM numbers(100000000000))',
      abort_signal: gone.signal,
    });
    await sleep(200);
    const began = performance.now();
    await rows('SELECT 1');
    await client.insert({ table: 'rows', format: 'JSONEachRow', values: [{ a: 9 }] });
    expect(performance.now() - began).toBeLessThan(2000);
    gone.abort();
    await expect(long).rejects.toThrow();
  });

  test('stop a statement when its client goes away', async () => {
    const gone = new AbortController();
    const long = client.query({
      query: 'SELECT sum(sipHash64(number)) FROM numbers(100000000000)',
      abort_signal: gone.signal,
    });
    await sleep(100);
    gone.abort();
    await expect(long).rejects.toThrow();
    await expect
      .poll(() =>
        rows(
          "SELECT 1 FROM system.processes WHERE query LIKE '%100000000000%' AND query NOT LIKE '%processes%'",
        ),
      )
      .toEqual([]);
    await expect.poll(() => server.engine.counters().read_running).toBe(0);
  });
});

describe('limits', () => {
  test('a statement can be killed by the query id its client gave it', async () => {
    const long = client.query({
      query: 'SELECT sum(sipHash64(number)) FROM numbers(100000000000)',
      query_id: "mine-'3",
    });
    const killed = failsWith(long, 394);
    await sleep(100);
    await client.command({ query: "KILL QUERY WHERE query_id = 'mine-''3'" });
    await killed;
  });

  test('a statement that wants more memory than there is fails alone', async () => {
    await failsWith(rows('SELECT length(groupArray(toString(number))) FROM numbers(1000000000)'), 241);
    expect(await rows('SELECT 1 AS a')).toEqual([{ a: 1 }]);
  });

  test('an insert that is too large is refused with a reason, packed or not', async () => {
    const query = '/?query=INSERT%20INTO%20rows%20FORMAT%20CSV';
    const large = Buffer.alloc(30_000_000, '1,x\n');
    const answers = [
      await send(server, query, { body: large }),
      await send(server, query, { body: gzipSync(large), headers: { 'Content-Encoding': 'gzip' } }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(413);
      expect(answer.body.toString()).toContain('send smaller batches');
    }
    expect(readdirSync(join(server.dataDir, 'inserts'))).toEqual([]);
  });

  test('parameters may make the URL long, but not as long as they like', async () => {
    const url = (length: number) => `/?query=SELECT%20length({s:String})&param_s=${'x'.repeat(length)}`;
    expect((await send(server, url(200_000))).body.toString()).toBe('200000\n');
    expect((await send(server, url(300_000))).status).toBe(431);
  });

  test('a statement that is too long is refused with a reason', async () => {
    const answer = await send(server, '/', { body: `SELECT '${'x'.repeat(2_000_000)}'` });
    expect(answer.status).toBe(413);
    expect(
      (await send(server, '/', { body: `SELECT length('${'x'.repeat(900_000)}')` })).body.toString(),
    ).toBe('900000\n');
  });

  test('a client that leaves in the middle of an insert leaves nothing', async () => {
    const socket = request(`${server.engine.url}/?query=INSERT%20INTO%20rows%20FORMAT%20CSV`, {
      method: 'POST',
      headers: { 'X-ClickHouse-User': 'default', 'X-ClickHouse-Key': readStorePassword(server.dataDir) },
    });
    socket.on('error', () => undefined);
    socket.write('4000000000,x\n');
    await sleep(100);
    socket.destroy();
    await expect.poll(() => readdirSync(join(server.dataDir, 'inserts'))).toEqual([]);
    expect(await rows('SELECT 1 FROM rows WHERE a = 4000000000')).toEqual([]);
  });
});
