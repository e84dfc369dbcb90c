import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClickHouseFailure } from './clickhouse-error.ts';
import type { Role } from './credentials.ts';
import { guardContext } from './guard-context.ts';
import { guardStatement } from './statement-guard.ts';

const context = {
  ...guardContext(() => []),
  settings: new Set(
    'readonly max_memory_usage max_threads log_comment additional_table_filters dialect format_schema'.split(
      ' ',
    ),
  ),
  tableSettings: new Set(
    'index_granularity non_replicated_deduplication_window disk storage_policy'.split(' '),
  ),
};
const guard = (sql: string, role: Role = 'admin') => guardStatement(sql, role, context);
const codeOf = (sql: string, role: Role = 'admin'): number | 'allowed' => {
  try {
    guard(sql, role);
    return 'allowed';
  } catch (error) {
    if (error instanceof ClickHouseFailure) return error.code;
    throw error;
  }
};

const accessDenied = 497;
const syntaxError = 62;
const readonly = 164;

describe('for every role', () => {
  test.each([
    "SELECT * FROM file('/etc/passwd')",
    "SELECT * FROM File\n(\t'/etc/passwd')",
    "SELECT * FROM file/* a */('/etc/passwd')",
    "SELECT * FROM file -- a\n ('/etc/passwd')",
    "SELECT * FROM `file`('/etc/passwd')",
    'SELECT * FROM "file"(\'/etc/passwd\')',
    'SELECT * APPLY(file) FROM t',
    'SELECT * APPLY file FROM t',
    'SELECT COLUMNS(*) APPLY(toString) APPLY(`file`) FROM t',
    "SELECT arrayMap(file, ['/etc/passwd'])",
    "SELECT x FROM values('y Int8, x String ALIAS file(\\'/etc/passwd\\')', 1)",
    'SELECT x FROM values({structure:String}, 1)',
    "SELECT * FROM (VALUES ('x String ALIAS y', 1))",
    "SELECT x FROM generateRandom('x String ALIAS y')",
    "SELECT x FROM null('x String ALIAS y')",
    "SELECT * FROM viewIfPermitted(SELECT 1 ELSE null('a Int8'))",
    "INSERT INTO t SELECT * FROM format(Values, 'x String', $$(file('/etc/passwd'))$$)",
    "CREATE VIEW v AS SELECT * FROM format(Values, 'x String', $$(file('/etc/passwd'))$$)",
    "SELECT file('/etc/passwd')",
    "SELECT (((SELECT count() FROM ((SELECT * FROM s3('http://a/b'))))))",
    "WITH x AS (SELECT * FROM url('http://a')) SELECT * FROM x",
    "SELECT 1 UNION ALL SELECT * FROM remote('a', b.c)",
    "SELECT * FROM t WHERE a IN mysql('a', 'b', 'c', 'd', 'e')",
    "DESCRIBE TABLE url('http://a')",
    "EXPLAIN SELECT * FROM postgresql('a')",
    "SELECT * FROM executable('a', CSV, 'b Int8')",
    "SELECT eval('SELECT 1')",
    "SELECT 1.file('/etc/passwd')",
    "SELECT 1 INTO OUTFILE '/tmp/a'",
    "SELECT 1 INTO/* */outfile '/tmp/a' FORMAT CSV",
    "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV",
    "INSERT INTO t from\ninfile '/etc/passwd' FORMAT CSV",
    "INSERT INTO FUNCTION file('/tmp/a', CSV) SELECT 1",
    "INSERT INTO TABLE FUNCTION url('http://a') SELECT 1",
    "INSERT INTO t SELECT * FROM file('a')",
    "INSERT INTO t (a) SELECT length(file('a'))",
    "CREATE TABLE t (a Int8) ENGINE = File(CSV, '/tmp/a')",
    'CREATE TABLE t (a Int8) ENGINE File(CSV)',
    "CREATE TABLE t (a Int8) ENGINE = Buffer('', 't', 1, 1, 1, 1, 1, 1, 1)",
    'CREATE TABLE t (a Int8) engine=`URL`(CSV)',
    "CREATE TABLE t (a Int8) ENGINE/**/=/**/S3('http://a')",
    "CREATE TABLE t AS url('http://a')",
    "CREATE VIEW v AS SELECT * FROM file('a')",
    "CREATE DATABASE d ENGINE = MySQL('a', 'b', 'c', 'd')",
    'CREATE DATABASE d ENGINE = Filesystem',
    "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local, path = '/tmp/')",
    "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS storage_policy = 'x'",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(FILE(PATH '/a' FORMAT 'CSV')) LAYOUT(FLAT())",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(HTTP(URL 'http://a' FORMAT 'CSV')) LAYOUT(FLAT())",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(EXECUTABLE(COMMAND 'id' FORMAT 'CSV')) LAYOUT(FLAT())",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(CLICKHOUSE(HOST 'evil' TABLE 't')) LAYOUT(FLAT())",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(CLICKHOUSE(QUERY 'SELECT * FROM file(1)')) LAYOUT(FLAT())",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(CLICKHOUSE(QUERY 'SELECT fi\\Nle(1)')) LAYOUT(FLAT())",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(CLICKHOUSE(QUERY concat('SELECT fi', 'le(1)'))) LAYOUT(FLAT())",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(CLICKHOUSE(`host` 'evil' TABLE 't')) LAYOUT(FLAT())",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(CLICKHOUSE(DB 'd' `host` 'evil' TABLE 't')) LAYOUT(FLAT())",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(CLICKHOUSE(HOST 'localhost' PORT 22 TABLE 't')) LAYOUT(FLAT())",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(CLICKHOUSE(TABLE 't')) LAYOUT(SSD_CACHE(PATH '/tmp/a'))",
    "CREATE FUNCTION f LANGUAGE WASM FROM 'm'",
    "CREATE OR REPLACE FUNCTION f LANGUAGE WASM FROM 'm'",
    'CREATE OR REPLACE USER u',
    'CREATE USER u',
    'CREATE NAMED COLLECTION n AS a = 1',
    'GRANT ALL ON *.* TO u',
    "BACKUP TABLE t TO Disk('a', 'b')",
    "RESTORE TABLE t FROM Disk('a', 'b')",
    'ALTER TABLE t FREEZE',
    "ALTER TABLE t FETCH PARTITION 1 FROM '/a'",
    "ALTER TABLE t MOVE PARTITION 1 TO DISK 'a'",
    "ALTER TABLE t MODIFY SETTING storage_policy = 'a'",
    "ATTACH TABLE t FROM '/a' (a Int8) ENGINE = Log",
    'DROP DATABASE default',
    'DETACH DATABASE IF EXISTS `Default` PERMANENTLY',
    'RENAME DATABASE default TO other',
    'SYSTEM SHUTDOWN',
    'SYSTEM START LISTEN HTTP',
    'SYSTEM RELOAD CONFIG',
    'SYSTEM UNFREEZE WITH NAME a',
    'SELECT 1 SETTINGS readonly = 0',
    'SELECT 1 SETTINGS max_memory_usage = 0',
    'SELECT 1 SETTINGS max_threads = 1, max_memory_usage = 0',
    'SELECT 1 SETTINGS max_threads, readonly',
    'SELECT (SELECT 1 SETTINGS max_memory_usage = 0)',
    "INSERT INTO t SELECT 1 SETTINGS additional_table_filters = {'t': 'file(1)'}",
    'CREATE VIEW v AS SELECT 1 SETTINGS `max_memory_usage` = 0',
    "SELECT 1 SETTINGS dialect = 'kusto'",
    "SELECT 1 SETTINGS format_schema = '/a'",
    'SELECT 1 PARALLEL WITH SELECT 2',
  ])('refuses %s', (sql) => {
    expect(codeOf(sql)).toBe(accessDenied);
  });

  test.each([
    'SELECT 1; SELECT 2',
    'SELECT 1;;DROP TABLE t',
    "SELECT 'a' ; -- b\n DROP TABLE t",
    'INSERT INTO t SELECT 1; DROP TABLE t',
    '',
    ' -- nothing\n',
    ';',
    "SELECT 'a",
    'SELECT\u20281',
    'SELEC 1',
    'invalid',
    "'SELECT' 1",
    "SELECT * FROM `fi\\x6ce`('/etc/passwd')",
    "SELECT `fi\\Nle`('/etc/passwd')",
    'SELECT "fi\\Nle"(1)',
    'INSERT INTO with FORMAT CSV\n1\n\nDROP TABLE t',
    'INSERT INTO TABLE d.from FORMAT CSV\n1\n\nDROP TABLE t',
  ])('takes %j for a mistake', (sql) => {
    expect(codeOf(sql)).toBe(syntaxError);
  });

  test.each([
    "SELECT 'file(', \"files\" FROM t -- file('a')",
    "SELECT * FROM numbers(3) WHERE a = 'INTO OUTFILE'",
    "SELECT s3, url FROM t WHERE s3 = 'a' AND url IN ('b')",
    "SELECT * FROM view(SELECT 1), numbers(3), merge('db', 'x')",
    "SELECT format('{} {}', a, b), arrayMap({f:Identifier}, [1])",
    'SELECT engine, settings FROM system.tables',
    'SELECT query FROM system.processes FORMAT JSON',
    'SELECT format FROM system.formats',
    'SELECT 1 SETTINGS max_threads = 1;',
    'WITH 1 AS x SELECT x',
    '(SELECT 1) UNION ALL (SELECT 2)',
    'FROM t SELECT a',
    'SHOW TABLES',
    'CREATE TABLE t (s3 String, url String) ENGINE = MergeTree ORDER BY s3 SETTINGS index_granularity = 1024',
    'CREATE TABLE t (a Int8) ENGINE = ReplacingMergeTree(a) ORDER BY a TTL toDate(a) + INTERVAL 1 DAY',
    'CREATE MATERIALIZED VIEW v TO t AS SELECT 1',
    "CREATE DICTIONARY d (p String, a UInt32) PRIMARY KEY p SOURCE(CLICKHOUSE(TABLE 't' DB 'd')) LAYOUT(IP_TRIE) LIFETIME(0)",
    "CREATE OR REPLACE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(CLICKHOUSE(QUERY 'SELECT 1 AS a')) LAYOUT(HASHED())",
    'SYSTEM RELOAD DICTIONARY d.x',
    'ALTER TABLE t ADD COLUMN b Int8',
    'ALTER TABLE t MODIFY SETTING non_replicated_deduplication_window = 10',
    'OPTIMIZE TABLE t FINAL',
    'KILL QUERY WHERE 1',
    'DROP TABLE IF EXISTS t',
  ])('lets an admin run %s', (sql) => {
    expect(codeOf(sql)).toBe('allowed');
  });
});

describe('roles', () => {
  test('a reader reads only', () => {
    expect(codeOf('SELECT 1', 'reader')).toBe('allowed');
    expect(codeOf('INSERT INTO t SELECT 1', 'reader')).toBe(readonly);
    expect(codeOf('WITH 1 AS a INSERT INTO t SELECT a', 'reader')).toBe(readonly);
    expect(codeOf('DROP TABLE t', 'reader')).toBe(readonly);
    expect(codeOf('KILL QUERY WHERE 1', 'reader')).toBe(readonly);
  });

  test('a writer has temporary tables in a session, and no other ones by such a name', () => {
    const code = (sql: string, role: Role) => {
      try {
        guardStatement(sql, role, context, { inSession: true });
        return 'allowed';
      } catch (error) {
        return error instanceof ClickHouseFailure ? error.code : error;
      }
    };
    for (const sql of [
      'CREATE TEMPORARY TABLE t (a Int8)',
      'CREATE OR REPLACE TEMPORARY TABLE t AS SELECT 1',
      'create temporary table if not exists `t` (a Int8)',
      'DROP TEMPORARY TABLE IF EXISTS t',
    ]) {
      expect(code(sql, 'writer'), sql).toBe('allowed');
      expect(code(sql, 'reader'), sql).toBe(readonly);
      expect(codeOf(sql), sql).toBe(48);
    }
    for (const sql of [
      'CREATE TABLE temporary (a Int8)',
      'CREATE TABLE TEMPORARY TABLE',
      'CREATE TEMPORARY TABLE d.t (a Int8)',
      'CREATE TEMPORARY VIEW v AS SELECT 1',
      'DROP TEMPORARY TABLE d.t',
      'DROP TABLE temporary',
      'TRUNCATE TEMPORARY TABLE t',
    ])
      expect(code(sql, 'writer'), sql).toBe(readonly);
    for (const sql of [
      "CREATE TEMPORARY TABLE t ENGINE = File(CSV, '/a')",
      "CREATE TEMPORARY TABLE t AS SELECT * FROM file('/a')",
      "CREATE OR REPLACE TEMPORARY TABLE t (a String DEFAULT file('/a'))",
    ])
      expect(code(sql, 'writer'), sql).toBe(accessDenied);
  });

  test('beside temporary tables, where the engine’s own wall is missing, the guard is stricter', () => {
    const reading = (besideTemporaryTables: boolean) => () =>
      guardStatement("SELECT format('{}', a)", 'writer', context, { inSession: true, besideTemporaryTables });
    expect(reading(false)).not.toThrow();
    expect(reading(true)).toThrow('refused for every role');
  });

  test('a writer also inserts', () => {
    expect(codeOf('INSERT INTO t FORMAT CSV', 'writer')).toBe('allowed');
    expect(codeOf('TRUNCATE TABLE t', 'writer')).toBe(readonly);
    expect(codeOf('CREATE TABLE t (a Int8) ENGINE = Log', 'writer')).toBe(readonly);
  });
});

describe('taking a statement apart', () => {
  test('moves top-level settings out of the text', () => {
    const statement = guard("SELECT 1 -- x\nSETTINGS max_threads = 1, log_comment = 'a, b = c' FORMAT JSON;");
    expect(statement.settings).toEqual([
      ['max_threads', '1'],
      ['log_comment', "'a, b = c'"],
    ]);
    expect(statement.sql).toBe('SELECT 1\nFORMAT JSON');
    expect(statement.format).toBe('JSON');
  });

  test('separates an insert from its rows, whatever those look like', () => {
    const { insert, settings } = guard(
      'INSERT INTO t (a, `b`) -- c\n SETTINGS max_threads = 2 FORMAT JSONEachRow\n{"a": "\'"}\n\nDROP TABLE t',
    );
    expect(insert).toEqual({
      head: 'INSERT INTO t (a, `b`)\n',
      format: 'JSONEachRow',
      inlineData: '\n{"a": "\'"}\n\nDROP TABLE t',
    });
    expect(settings).toEqual([['max_threads', '2']]);
    expect(guard('INSERT INTO t VALUES (1); SELECT 2').insert).toMatchObject({
      format: 'Values',
      inlineData: ' (1); SELECT 2',
    });
  });

  test('takes an INSERT for what its first clause says', () => {
    expect(guard('INSERT INTO t FORMAT from\n1\n\nDROP TABLE t').insert).toMatchObject({ format: 'from' });
    expect(guard('INSERT INTO `with` FORMAT CSV\n1').insert).toMatchObject({ head: 'INSERT INTO `with`' });
    expect(guard('INSERT INTO t WITH 1 AS x SELECT x').insert).toBeUndefined();
    // The engine would run what stands behind the blank line as a statement of its own.
    expect(codeOf('WITH 1 AS x INSERT INTO t FORMAT CSV\n1\n\nDROP TABLE t', 'writer')).toBe(48);
  });

  test('looks at names that come as parameters', () => {
    const call = (name: string) => () =>
      guardStatement('SELECT arrayMap({ f : Identifier }, [1])', 'reader', context, {
        parameters: new Map([['f', name]]),
      });
    for (const name of ['file', 'FILE', 'fi\\Nle', 'a.file'])
      expect(call(name), name).toThrow('refused for every role');
    expect(call('upper')).not.toThrow();
    expect(() =>
      guardStatement('SELECT {f:String}', 'reader', context, { parameters: new Map([['f', 'file']]) }),
    ).not.toThrow();
  });

  test('takes no rows in a format that the engine can die of', () => {
    expect(codeOf('INSERT INTO t FORMAT ORC')).toBe(48);
    expect(codeOf('INSERT INTO t FORMAT `orc`\nx', 'writer')).toBe(48);
    expect(codeOf('SELECT 1 FORMAT ORC')).toBe('allowed');
  });

  test('never puts the name of a format into SQL unless it is one word', () => {
    expect(codeOf('INSERT INTO t FORMAT `CSV; DROP TABLE t`')).toBe(36);
    expect(codeOf('SELECT 1 FORMAT "CSV; DROP TABLE t"')).toBe(36);
  });
});

test('any text ends in an answer: allowed, or refused with a ClickHouse code', () => {
  const piece = fc.constantFrom(
    ...`SELECT INSERT INTO FORMAT VALUES SETTINGS CREATE TABLE ENGINE = , ( ) [ { file ( 'a' ; -- SOURCE CLICKHOUSE WITH AS FROM SYSTEM a 1 .`.split(
      ' ',
    ),
    "'x",
    '\n',
    '/*',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece, { maxLength: 30 }).map((list) => list.join(' ')),
      ),
      (sql) => {
        const code = codeOf(sql);
        return code === 'allowed' || Number.isInteger(code);
      },
    ),
    { numRuns: 3000 },
  );
});
