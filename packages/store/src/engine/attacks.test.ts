import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { definitions, escapes } from './attack-statements.test-support.ts';
import { type Role, readStorePassword } from './credentials.ts';
import {
  type Answer,
  send,
  startTestEngine,
  type TestEngine,
  temporaryFolder,
} from './engine.test-support.ts';

/*
 * A stranger with a password, of whatever role, tries to get out of the store: to files, to other addresses, past
 * its role. A canary lies in a file, a trap listens on a port, and a table must stay as it is.
 */

const roles: readonly Role[] = ['admin', 'writer', 'reader'];
const canaryText = 'CANARY-7f3a';
let server: TestEngine;
let folder: string;
let canary: string;
let trap: Server;
let trapPort: number;
let visits = 0;

beforeAll(async () => {
  folder = temporaryFolder();
  mkdirSync(join(folder, 'out'));
  canary = join(folder, 'canary.csv');
  writeFileSync(canary, `${canaryText}\n`);
  trap = createServer((socket) => {
    visits++;
    socket.destroy();
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  trap.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = trap.address();
  trapPort = typeof address === 'object' && address !== null ? address.port : 0;
  server = await startTestEngine({ dataDir: join(folder, 'store'), insertLimitBytes: 8_000_000 });
  await run('CREATE TABLE guarded (a UInt32, b String) ENGINE = MergeTree ORDER BY a');
  await run("INSERT INTO guarded VALUES (1, 'x'), (2, 'y'), (3, 'z')");
});

afterAll(async () => {
  await server.stop();
  const { promise, resolve } = Promise.withResolvers<void>();
  trap.close(() => resolve());
  await promise;
  rmSync(folder, { recursive: true, force: true });
});

const login = (role: Role): Record<string, string> => ({
  'X-ClickHouse-User': role,
  'X-ClickHouse-Key': readStorePassword(server.dataDir, role),
});

function run(sql: string, role: Role = 'admin', query = ''): Promise<Answer> {
  return send(server, `/?${query}`, { body: sql, headers: login(role) });
}

const codeOf = (answer: Answer): string | undefined =>
  answer.headers['x-clickhouse-exception-code']?.toString();

/** What no attempt may have changed. */
async function world(): Promise<unknown> {
  const tables = await run(
    "SELECT database, name, total_rows FROM system.tables WHERE database != 'system' ORDER BY ALL",
  );
  const others = await run(
    "SELECT (SELECT groupArray(name) FROM system.databases), (SELECT count() FROM system.dictionaries), (SELECT count() FROM system.functions WHERE origin = 'SQLUserDefined')",
  );
  return {
    tables: tables.body.toString(),
    others: others.body.toString(),
    outside: readdirSync(folder).sort(),
    out: readdirSync(join(folder, 'out')),
    canary: readFileSync(canary, 'utf8'),
    visits,
  };
}

const fill = (sql: string): string =>
  sql
    .replaceAll('CANARY', canary)
    .replaceAll('OUT', join(folder, 'out', 'x'))
    .replaceAll('TRAP', `127.0.0.1:${trapPort}`);

/** Refused with a typed error: status and header, and text as ClickHouse writes it. */
function expectRefusal(answer: Answer, what: string): void {
  const text = answer.body.toString();
  expect(answer.status, `${what}: ${text.slice(0, 200)}`).toBeGreaterThanOrEqual(400);
  expect(codeOf(answer), what).toMatch(/^\d+$/);
  expect(text, what).toMatch(/^Code: \d+\. DB::Exception: .*\([A-Z_0-9]+\) \(version [\d.]+\)\n$/s);
  expect(text, what).not.toContain(canaryText);
}

describe.each(roles)('a %s', (role) => {
  test('reaches no file and no address through a statement', async () => {
    const before = await world();
    for (const sql of escapes.map(fill)) {
      expectRefusal(await run(sql, role), sql);
      expectRefusal(
        await send(server, `/?query=${encodeURIComponent(sql)}`, { headers: login(role) }),
        `GET ${sql}`,
      );
    }
    expect(await world()).toEqual(before);
  });

  test('defines nothing that reaches out, and stops nothing', async () => {
    const before = await world();
    for (const sql of definitions.map(fill)) expectRefusal(await run(sql, role), sql);
    expect(await world()).toEqual(before);
  });

  test('gains nothing from a session or from a role in the request', async () => {
    const before = await world();
    const session = `session_id=attack-${role}`;
    const beside = role === 'reader' ? [] : ['CREATE TEMPORARY TABLE t (x String)'];
    for (const sql of ['SET max_threads = 1', ...beside])
      expect((await run(sql, role, session)).status, sql).toBe(200);
    for (const sql of [...escapes, ...definitions].map(fill))
      expectRefusal(await run(sql, role, session), sql);
    for (const sql of [
      'SET readonly = 0',
      'SET max_threads = 1, readonly = 0',
      'SET allow_ddl = 1',
      'SET max_memory_usage = 0',
      "SET format_schema = '/etc/passwd'",
      'SET max_threads = 1; SELECT 2',
      'SET ROLE ALL',
      "SET log_comment = 'x', additional_table_filters = {}",
      "SET log_comment = concat('x', file('CANARY'))",
      'USE `nosuch`',
      'USE default; DROP TABLE guarded',
    ])
      expectRefusal(await run(fill(sql), role, session), sql);
    for (const name of ['admin', 'writer', 'default', "x' OR 1", '']) {
      if (role === 'admin' && (name === 'admin' || name === 'writer')) continue;
      if (role === 'writer' && name === 'writer') continue;
      expectRefusal(await run('SELECT 1', role, `role=${encodeURIComponent(name)}`), `role ${name}`);
    }
    expect(await world()).toEqual(before);
  });
});

test('a role is held to what it may do, in whatever way the statement is written', async () => {
  const before = await world();
  const changes = [
    'DROP TABLE guarded',
    'TRUNCATE TABLE guarded',
    'ALTER TABLE guarded DELETE WHERE 1',
    'DELETE FROM guarded WHERE 1',
    "UPDATE guarded SET b = '' WHERE 1",
    'OPTIMIZE TABLE guarded FINAL',
    'RENAME TABLE guarded TO mine',
    'EXCHANGE TABLES guarded AND guarded',
    'CREATE TABLE mine (a Int8) ENGINE = Memory',
    'CREATE TABLE temporary (a Int8) ENGINE = Memory',
    'CREATE TABLE `TEMPORARY` (a Int8) ENGINE = Memory',
    'CREATE TEMPORARY TABLE default.mine (a Int8)',
    'CREATE TEMPORARY VIEW mine AS SELECT 1',
    'CREATE OR REPLACE TABLE guarded (a Int8) ENGINE = Memory',
    'CREATE VIEW mine AS SELECT 1',
    'CREATE DATABASE mine',
    'CREATE FUNCTION mine AS x -> x',
    'DROP TEMPORARY TABLE default.guarded',
    'DETACH TABLE guarded',
    'SYSTEM STOP MERGES',
    'KILL QUERY WHERE 1',
    '/* SELECT */ DROP TABLE guarded',
    '-- SELECT\nDROP TABLE guarded',
    'WITH 1 AS x DROP TABLE guarded',
    '(DROP TABLE guarded)',
    'EXPLAIN DROP TABLE guarded; DROP TABLE guarded',
    'SELECT 1; DROP TABLE guarded',
    'SELECT 1\n\n; DROP TABLE guarded',
    'SELECT 1 UNION ALL DROP TABLE guarded',
    'SELECT 1 PARALLEL WITH DROP TABLE guarded',
  ];
  for (const role of ['writer', 'reader'] as const)
    for (const sql of changes) {
      expectRefusal(await run(sql, role), `${role}: ${sql}`);
      expectRefusal(await run(sql, role, `session_id=held-${role}`), `${role} in a session: ${sql}`);
      expectRefusal(await run(sql, 'admin', `role=${role}`), `admin as ${role}: ${sql}`);
    }
  for (const sql of [
    "INSERT INTO guarded VALUES (9, 'q')",
    "INSERT INTO guarded SELECT 9, 'q'",
    "WITH 1 AS x INSERT INTO guarded SELECT x, ''",
  ]) {
    expectRefusal(await run(sql, 'reader'), sql);
    expectRefusal(await run(sql, 'writer', 'role=reader'), sql);
  }
  expect(await world()).toEqual(before);
});

describe('rows of an insert', () => {
  const formats = async (which: string): Promise<string[]> => {
    const names = await run(`SELECT name FROM system.formats WHERE ${which}`);
    return names.body.toString().trim().split('\n');
  };
  const smuggled = ';\n\nCREATE TABLE smuggled (a Int8) ENGINE = Memory;\n\n';

  test('are never statements, in any format that the engine reads', async () => {
    await run('CREATE TABLE target (a UInt32, b String) ENGINE = Memory');
    const before = await world();
    const inputs = await formats('is_input');
    expect(inputs.length).toBeGreaterThan(40);
    const bodies = [
      smuggled,
      `1,a\n${smuggled}`,
      `{"a":"file('${canary}')","b":"x"}\n${smuggled}`,
      `(file('${canary}'), 1)${smuggled}`,
      Buffer.from([0xff, 0x80, 0, 0, 1, 0x22, 0x27, 0x0a, 0x0a, ...Buffer.from(smuggled)]),
      '',
    ];
    for (const format of inputs)
      for (const body of bodies) {
        const answer = await send(
          server,
          `/?query=${encodeURIComponent(`INSERT INTO target FORMAT ${format}`)}`,
          {
            body,
            headers: login('writer'),
          },
        );
        expect([200, 400, 403, 404, 413, 500, 501], `${format}: ${answer.body}`).toContain(answer.status);
        expect(answer.body.toString(), format).not.toContain(canaryText);
      }
    await run('TRUNCATE TABLE target');
    expect(await world()).toEqual(before);
    expect((await run('SELECT 1')).body.toString()).toBe('1\n');
  });

  test('may be damaged in any way without harm to the store, in any format', async () => {
    await run('CREATE TABLE damaged (a UInt32, b String, c Array(Nullable(Float64))) ENGINE = Null');
    const columns = 'toUInt32(number) AS a, toString(number) AS b, [toNullable(number / 2)] AS c';
    const samples: { format: string; sample: Buffer }[] = [];
    for (const format of await formats("is_input AND is_output AND name NOT LIKE 'Template%'")) {
      const rows = await run(`SELECT ${columns} FROM numbers(30) FORMAT ${format}`);
      if (rows.status === 200 && rows.body.length > 0) samples.push({ format, sample: rows.body });
    }
    expect(samples.length).toBeGreaterThan(30);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...samples),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 }),
        fc.nat({ max: 3 }),
        async ({ format, sample }, changes, cut) => {
          const body = Buffer.from(sample);
          for (const [at, byte] of changes) body[at % body.length] = byte;
          const answer = await send(server, `/?query=INSERT%20INTO%20damaged%20FORMAT%20${format}`, {
            body: cut === 0 ? body.subarray(0, Math.floor(body.length / 2)) : body,
            headers: login('writer'),
          });
          if (answer.status !== 200) expectRefusal(answer, format);
        },
      ),
      { numRuns: 300, seed: 7 },
    );
    expect((await run('SELECT 1')).body.toString()).toBe('1\n');
  });

  test('are not compared with any file by their format’s settings', async () => {
    for (const [format, settings] of [
      ['Template', `format_template_row=${canary}`],
      ['Protobuf', `format_schema=${canary}:M`],
      ['CapnProto', `format_schema=${canary}:M`],
      ['AvroConfluent', `format_avro_schema_registry_url=http://127.0.0.1:${trapPort}`],
      ['CSV', `input_format_record_errors_file_path=${folder}/out/x`],
      ['CSV', `errors_output_format=CSV&input_format_record_errors_file_path=x`],
    ] as const)
      expectRefusal(
        await run('x', 'writer', `query=INSERT%20INTO%20guarded%20FORMAT%20${format}&${settings}`),
        format,
      );
    expect(visits).toBe(0);
  });
});

describe('what surrounds a statement', () => {
  const hostile = fc.oneof(
    fc.constantFrom(
      "x'; DROP TABLE guarded; --",
      '`; DROP TABLE guarded; --',
      "\\'; DROP TABLE guarded; --",
      'default`.`guarded',
      'default; SET readonly = 0',
      "' , readonly = 0, log_comment = '",
      "x\\', readonly = 0 --",
      '{x:Identifier}',
      '/etc/passwd',
      "file('/etc/passwd')",
      "CSV INTO OUTFILE '/tmp/x'",
      '\u0000',
      '\n\nDROP TABLE guarded',
      '$$; DROP TABLE guarded; $$',
    ),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom("'", '`', '"', '\\', ';', '-', '/', '*', '\n', '\0', 'x', ')', '('),
      maxLength: 20,
    }),
  );

  test('is never read as SQL: names of databases, formats, parameters, settings, sessions, queries', async () => {
    const before = await world();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          'database',
          'default_format',
          'param_x',
          'query_id',
          'log_comment',
          'max_threads',
          'session_timezone',
          'insert_deduplication_token',
          'session_id',
          'role',
          'nosuch_setting',
        ),
        hostile,
        fc.constantFrom(...roles),
        async (name, value, role) => {
          const answer = await run(
            'SELECT {x:String}',
            role,
            `param_x=1&${name}=${encodeURIComponent(value)}`,
          );
          if (answer.status !== 200) expectRefusal(answer, `${name}=${JSON.stringify(value)}`);
        },
      ),
      { numRuns: 250 },
    );
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (name, value) => {
        const query = `${encodeURIComponent(`param_${name}`)}=1&${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
        const answer = await run('SELECT 1', 'writer', query);
        if (answer.status !== 200) expectRefusal(answer, query);
      }),
      { numRuns: 100 },
    );
    expect(await world()).toEqual(before);
  });

  test('is a value also where it stands for a name', async () => {
    const before = await world();
    for (const name of [
      'guarded; DROP TABLE guarded',
      '`guarded`',
      'guarded`; DROP TABLE guarded; `',
      "file('x')",
      canary,
    ]) {
      const query = `param_t=${encodeURIComponent(name)}`;
      expectRefusal(await run('SELECT * FROM {t:Identifier}', 'reader', query), name);
      expectRefusal(await run('DROP TABLE {t:Identifier}', 'admin', query), name);
      expectRefusal(await run('INSERT INTO {t:Identifier} FORMAT CSV\n1,x', 'writer', query), name);
    }
    expect(await world()).toEqual(before);
  });

  test('is never read as SQL when it is a header', async () => {
    const before = await world();
    for (const value of [
      "x'; DROP TABLE guarded; --",
      'default`; DROP TABLE guarded',
      "CSV INTO OUTFILE '/tmp/x'",
    ])
      for (const name of [
        'X-ClickHouse-Database',
        'X-ClickHouse-Format',
        'X-ClickHouse-Query-Id',
        'User-Agent',
        'Referer',
      ])
        await send(server, '/', { body: 'SELECT 1', headers: { ...login('writer'), [name]: value } });
    for (const user of ["admin'--", 'admin\\', 'default`', 'ADMIN', 'reader,admin']) {
      const answer = await send(server, '/', {
        body: 'SELECT 1',
        headers: { ...login('admin'), 'X-ClickHouse-User': user },
      });
      expect(codeOf(answer), user).toBe('516');
    }
    expect(await world()).toEqual(before);
  });
});
