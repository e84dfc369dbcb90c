import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Session } from 'chdb';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { ClickHouseFailure } from './clickhouse-error.ts';
import { temporaryFolder } from './engine.test-support.ts';
import { guardContext } from './guard-context.ts';
import { sqlString } from './sql-text.ts';
import { tokenize } from './sql-tokens.ts';
import { guardStatement } from './statement-guard.ts';

/*
 * The guard against the engine's own parser: what the guard lets through must still pass when the engine has
 * written it out again, without comments, in its own spelling. A string or comment that only the guard saw would
 * show here.
 */

const folder = temporaryFolder();
const session = new Session(folder);
const list = (sql: string): string[] => session.query(sql, 'TSV').split('\n').filter(Boolean);
const context = guardContext(list);
afterAll(() => {
  session.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The engine's own spelling of a statement; undefined if it does not parse. */
function spelled(sql: string): string | undefined {
  try {
    const text = JSON.parse(
      session.query(`SELECT formatQuerySingleLine(${sqlString(sql)}) AS f`, 'JSONEachRow'),
    ).f;
    // The engine escapes names with odd characters; the guard takes no escapes in names.
    return text.replace(/'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/gs, (quoted: string) =>
      quoted.startsWith('`') && quoted.includes('\\') ? '`odd`' : quoted,
    );
  } catch {
    return undefined;
  }
}

function refusal(sql: string): string | undefined {
  try {
    guardStatement(sql, 'admin', context);
    return undefined;
  } catch (error) {
    if (error instanceof ClickHouseFailure) return error.message;
    throw error;
  }
}

const hostile = fc.constantFrom(
  "file('a')",
  'file(1)',
  "url('http://a')",
  ' INTO OUTFILE 1 ',
  '; DROP TABLE t',
  ' SETTINGS readonly = 0',
);
const mark = fc.constantFrom(
  "'",
  '"',
  '`',
  '\\',
  '--',
  '/*',
  '*/',
  '#!',
  '# ',
  '\n',
  '$',
  '$a$',
  '$$',
  "''",
  "\\'",
  '’',
  '\u00a0',
  'x',
  '1',
  '(',
  ')',
);
const text = fc.array(fc.oneof(mark, hostile), { maxLength: 6 }).map((list) => list.join(''));
/** What may stand in a SELECT list, in forms whose end is easily misjudged. */
const item = fc.oneof(
  text.map((content) => `'${content}'`),
  text.map((content) => `1 AS "${content}"`),
  text.map((content) => `2 AS \`${content}\``),
  text.map((content) => `/*${content}*/ 3`),
  text.map((content) => `4 --${content}\n`),
  text.map((content) => `5 #!${content}\n`),
  text.map((content) => `$$${content}$$`),
  text.map((content) => `$a$${content}$a$`),
  text.map((content) => `x'${content}'`),
  text.map((content) => `b'${content}'`),
  hostile,
  text,
  fc.constantFrom('1', 'a', "'b'", '1e5', '0x1F', 'a.1', '[1]', "{'a': 1}"),
);

test('what it lets through, it lets through in the engine’s own spelling too', () => {
  let parsed = 0;
  let allowed = 0;
  fc.assert(
    fc.property(
      fc.array(item, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(', ', ' ', ',/**/'),
      (items, separator) => {
        const sql = `SELECT ${items.join(separator)} FROM t`;
        const canonical = spelled(sql);
        if (canonical === undefined) return;
        parsed++;
        if (refusal(sql) !== undefined) return;
        allowed++;
        expect(refusal(canonical), canonical).toBeUndefined();
      },
    ),
    { numRuns: 4_000 },
  );
  expect(parsed).toBeGreaterThan(400);
  expect(allowed).toBeGreaterThan(200);
});

test('strings mean to the guard what they mean to the engine', () => {
  const character = fc.constantFrom(...'\\\\\\\\\\\\Nnrtbfav0exX12afgF%/=`"-_ il'.split(''), "''");
  fc.assert(
    fc.property(fc.array(character, { maxLength: 12 }), (characters) => {
      const literal = `'${characters.join('')}'`;
      const tokens = tokenize(literal);
      if (!tokens.ok || tokens.tokens.length !== 1) return;
      const hex = session.query(`SELECT hex(${literal})`, 'TSV').trim();
      expect(Buffer.from(tokens.tokens[0]!.value, 'latin1').toString('hex').toUpperCase(), literal).toBe(hex);
    }),
    { numRuns: 1_000 },
  );
});

test('every ordinary function that opens a file it is given is refused by name', () => {
  const path = join(folder, 'opened.txt');
  writeFileSync(path, 'what stands in the file');
  const open = list("SELECT name FROM system.functions WHERE name NOT ILIKE 'sleep%'").filter((name) => {
    try {
      return session.query(`SELECT \`${name}\`(${sqlString(path)})`, 'TSV').includes('what stands');
    } catch {
      return false;
    }
  });
  expect(open).toEqual(['file']);
  for (const name of open) expect(refusal(`SELECT * APPLY ${name} FROM t`)).toMatch(/refused for every role/);
});

test('every table function of the engine is refused unless it is known to be harmless', () => {
  const allowed = list('SELECT name FROM system.table_functions').filter(
    (name) => refusal(`INSERT INTO t SELECT * FROM ${name}(1)`) === undefined,
  );
  expect(allowed.sort()).toEqual(
    [
      'dictionary',
      'generateSeries',
      'generate_series',
      'merge',
      'mergeTreeIndex',
      'mergeTreeProjection',
      'numbers',
      'numbers_mt',
      'primes',
      'view',
      'zeros',
      'zeros_mt',
    ].sort(),
  );
});

test('every engine of tables is refused unless its data stays in the folder', () => {
  const engines = list('SELECT name FROM system.table_engines');
  const allowed = engines.filter((name) => refusal(`CREATE TABLE t (a Int8) ENGINE = ${name}`) === undefined);
  expect(allowed.filter((name) => !name.endsWith('MergeTree')).sort()).toEqual([
    'Dictionary',
    'GenerateRandom',
    'Join',
    'Log',
    'MaterializedView',
    'Memory',
    'Merge',
    'Null',
    'Set',
    'StripeLog',
    'TinyLog',
    'View',
  ]);
  expect(allowed.filter((name) => name.startsWith('Replicated'))).toEqual([]);
});

test('no setting for files, addresses, secrets or memory can be set', () => {
  const names = list('SELECT name FROM system.settings');
  const allowed = names.filter((name) => refusal(`SELECT 1 SETTINGS ${name} = 1`) === undefined);
  expect(
    allowed.filter((name) =>
      /(?<!allow_experimental_)url|schema_registry|_path$|secret|memory_usage|^readonly|dialect|table_filters|template|allow_ddl|introspection/.test(
        name,
      ),
    ),
  ).toEqual([]);
  for (const name of [
    'max_threads',
    'max_execution_time',
    'insert_deduplication_token',
    'output_format_json_quote_64bit_integers',
  ])
    expect(allowed).toContain(name);
});
