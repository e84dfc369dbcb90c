import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderMigrations } from '../migrate.ts';
import { allMigrations, migration } from '../migrations.ts';
import { maskedSql, splitStatements } from '../sql-statements.ts';
import { migrationRenderer } from './render-migration.ts';
import { schemaStatement } from './schema-statement.ts';
import { tablePlacements } from './table-placement.ts';
import type { Topology } from './topology.ts';

const databases = { logs: 'ja4_logs', processing: 'ja4_processing' };
const cluster: Topology = { kind: 'cluster', cluster: 'edge' };

/** What a cluster is told for SQL that stands alone, or behind what `before` makes. */
function inCluster(sql: string, before = ''): string[] {
  return migrationRenderer({ databases, topology: cluster }, [
    migration('0001_x', `${before};${sql}`, false),
  ])(sql);
}
const requests = 'CREATE TABLE ja4_logs.r (src_ip IPv6, a UInt8) ENGINE = MergeTree ORDER BY a';

test('a visitor’s rows stand on one shard, and everything else on every server', () => {
  const { tables } = tablePlacements(allMigrations().flatMap(({ sql }) => splitStatements(sql)));
  const by = (wanted: (name: string) => boolean) => [...tables.keys()].filter(wanted).sort();
  expect(by((name) => tables.get(name)?.kind === 'everywhere')).toEqual([
    'ja4_processing.audit_logs',
    'ja4_processing.ml_performance_metrics',
    'ja4_processing.ref_asn_labels',
    'ja4_processing.ref_bot_ja4',
    'ja4_processing.ref_bot_networks',
    'ja4_processing.ref_clients',
    'ja4_processing.ref_networks',
    'ja4_processing.service_metrics',
  ]);
  for (const name of [
    'ja4_logs.http_logs_raw',
    'ja4_logs.http_logs',
    'ja4_processing.ml_detected_anomalies',
  ]) {
    expect(tables.get(name)).toEqual({ kind: 'sharded', key: 'cityHash64(src_ip)' });
  }
  // Only its view writes to it: it has no address to choose a shard by.
  expect(tables.get('ja4_processing.agg_requests_1s')).toEqual({ kind: 'sharded' });
});

test('one server is told the migrations as they are written, with its own database names', () => {
  const names = { logs: 'a_logs', processing: 'a_processing' };
  const told = renderMigrations({ databases: names, topology: { kind: 'server' } });
  const text = told.flatMap(({ statements }) => statements).join('\n');
  expect(text).not.toMatch(/ja4_logs|ja4_processing|CLUSTER '|Replicated|Distributed/);
  expect(renderMigrations({ databases: names, topology: { kind: 'embedded' } })).toEqual(told);
});

test('a sharded table becomes a replicated one with the rows of a shard, and a Distributed one with its name', () => {
  const sql = `CREATE TABLE IF NOT EXISTS ja4_logs.r -- ja4_logs.r holds "(src_ip"
    (src_ip IPv6, n UInt8) ENGINE = ReplacingMergeTree(n) ORDER BY n
    SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10`;
  expect(inCluster(sql)).toEqual([
    `CREATE TABLE IF NOT EXISTS ja4_logs.r_local ON CLUSTER 'edge' -- ja4_logs.r holds "(src_ip"
    (src_ip IPv6, n UInt8) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/ja4_logs/r_local', '{replica}', n) ORDER BY n
    SETTINGS ttl_only_drop_parts = 1, replicated_deduplication_window = 10, replicated_deduplication_window_seconds = 604800`,
    `CREATE TABLE IF NOT EXISTS ja4_logs.r ON CLUSTER 'edge' AS ja4_logs.r_local
ENGINE = Distributed('edge', 'ja4_logs', 'r_local', cityHash64(src_ip))`,
  ]);
});

test('a small table is one set of replicas on all servers', () => {
  expect(inCluster('CREATE TABLE ja4_processing.t (a UInt8) ENGINE = MergeTree ORDER BY a')).toEqual([
    "CREATE TABLE ja4_processing.t ON CLUSTER 'edge' (a UInt8) ENGINE = " +
      "ReplicatedMergeTree('/clickhouse/tables/all/ja4_processing/t', '{shard}-{replica}') ORDER BY a",
  ]);
});

test('a materialized view reads and writes the rows of its own shard, an ordinary view those of all', () => {
  expect(
    inCluster(
      "CREATE MATERIALIZED VIEW ja4_logs.v TO ja4_logs.t AS SELECT a, 'ja4_logs.r' FROM ja4_logs.r AS r",
      `${requests}; CREATE TABLE ja4_logs.t (a UInt8) ENGINE = MergeTree ORDER BY a`,
    ),
  ).toEqual([
    "CREATE MATERIALIZED VIEW ja4_logs.v ON CLUSTER 'edge' TO ja4_logs.t_local AS " +
      "SELECT a, 'ja4_logs.r' FROM ja4_logs.r_local AS r",
  ]);
  expect(inCluster('CREATE OR REPLACE VIEW ja4_logs.w AS SELECT a FROM ja4_logs.r', requests)).toEqual([
    "CREATE OR REPLACE VIEW ja4_logs.w ON CLUSTER 'edge' AS SELECT a FROM ja4_logs.r",
  ]);
});

test.each([
  [
    'new columns reach the Distributed table, too',
    'ALTER TABLE ja4_logs.r ADD COLUMN IF NOT EXISTS b UInt8',
    [
      "ALTER TABLE ja4_logs.r_local ON CLUSTER 'edge' ADD COLUMN IF NOT EXISTS b UInt8",
      "CREATE OR REPLACE TABLE ja4_logs.r ON CLUSTER 'edge' AS ja4_logs.r_local\n" +
        "ENGINE = Distributed('edge', 'ja4_logs', 'r_local', cityHash64(src_ip))",
    ],
  ],
  [
    'the time that rows are kept is a matter of the shards',
    'ALTER TABLE ja4_logs.r MODIFY TTL s + INTERVAL 3 DAY',
    ["ALTER TABLE ja4_logs.r_local ON CLUSTER 'edge' MODIFY TTL s + INTERVAL 3 DAY"],
  ],
  [
    'a table that all servers hold is altered on one of them',
    'ALTER TABLE ja4_logs.t ADD COLUMN b UInt8',
    ['ALTER TABLE ja4_logs.t ADD COLUMN b UInt8'],
  ],
  [
    'settings are altered on all of them',
    'ALTER TABLE ja4_logs.t MODIFY SETTING a = 1',
    ["ALTER TABLE ja4_logs.t ON CLUSTER 'edge' MODIFY SETTING a = 1"],
  ],
  [
    'a view’s new query has local names',
    'ALTER TABLE ja4_logs.v MODIFY QUERY SELECT a FROM ja4_logs.r',
    ["ALTER TABLE ja4_logs.v ON CLUSTER 'edge' MODIFY QUERY SELECT a FROM ja4_logs.r_local"],
  ],
  [
    'both tables go',
    'DROP TABLE IF EXISTS ja4_logs.r',
    [
      "DROP TABLE IF EXISTS ja4_logs.r ON CLUSTER 'edge' SYNC",
      "DROP TABLE IF EXISTS ja4_logs.r_local ON CLUSTER 'edge' SYNC",
    ],
  ],
  ['a view goes', 'DROP VIEW ja4_logs.v', ["DROP VIEW ja4_logs.v ON CLUSTER 'edge' SYNC"]],
  [
    'rows go from all shards',
    'TRUNCATE TABLE ja4_logs.r',
    ["TRUNCATE TABLE ja4_logs.r_local ON CLUSTER 'edge'"],
  ],
])('%s', (_, sql, statements) => {
  const before = `${requests};
    CREATE TABLE ja4_logs.t (a UInt8) ENGINE = MergeTree ORDER BY a;
    CREATE MATERIALIZED VIEW ja4_logs.v TO ja4_logs.r AS SELECT a FROM ja4_logs.r`;
  expect(inCluster(sql, before)).toEqual(statements);
});

test.each([
  'INSERT INTO ja4_logs.r SELECT 1',
  'RENAME TABLE ja4_logs.a TO ja4_logs.b',
  'ALTER TABLE r DROP a',
])('refuses %j, whose meaning in a cluster is not known', (sql) => {
  expect(() => inCluster(sql)).toThrow(expect.objectContaining({ code: 'MIGRATION_NOT_FOR_CLUSTERS' }));
});

test('a name of a cluster that cannot stand in SQL is refused', () => {
  const topology: Topology = { kind: 'cluster', cluster: "x' ; DROP" };
  expect(() => renderMigrations({ databases, topology })).toThrow(
    expect.objectContaining({ code: 'INVALID_CLUSTER_NAME' }),
  );
});

test('dictionaries of a server read their tables as its user, whatever the password is made of', () => {
  const dictionaryLogin = { user: 'ja4', password: "it's \\ja4_logs" };
  const topology: Topology = { kind: 'server', dictionaryLogin };
  const names = { logs: 'l', processing: 'p' };
  const render = migrationRenderer({ databases: names, topology });
  expect(
    render("CREATE DICTIONARY ja4_processing.d (a UInt8) PRIMARY KEY a SOURCE(CLICKHOUSE(QUERY 'SELECT 1'))"),
  ).toEqual([
    'CREATE DICTIONARY p.d (a UInt8) PRIMARY KEY a ' +
      "SOURCE(CLICKHOUSE(USER 'ja4' PASSWORD 'it\\'s \\\\ja4_logs' QUERY 'SELECT 1'))",
  ]);
  expect(render("SELECT 'SOURCE(CLICKHOUSE('")).toEqual(["SELECT 'SOURCE(CLICKHOUSE('"]);
});

test('a mask has the length of its SQL, and nothing of what is quoted or said beside it', () => {
  expect(maskedSql("a 'b;\\'' /* c */ \"d\" -- e\nf 'g")).toBe(
    "a '    '         \" \"     \nf ' ".replace('\n', ' '),
  );
  const parts = fc.constantFrom("'", '"', '`', ';', '\\', '--', '/*', '*/', '\n', ' ', 'a');
  fc.assert(
    fc.property(fc.array(parts), (text) => {
      const sql = text.join('');
      expect(maskedSql(sql)).toHaveLength(sql.length);
    }),
  );
});

test('any password stays inside its quotes, and any text is read as a statement or as none', () => {
  const pieces = fc.array(
    fc.constantFrom("'", '\\', '"', '--', '/*', ' ', 'SOURCE(CLICKHOUSE(', 'ja4_logs', '$', 'a'),
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      const password = parts.join('');
      const render = migrationRenderer({
        databases: { logs: 'l', processing: 'p' },
        topology: { kind: 'server', dictionaryLogin: { user: 'ja4', password } },
      });
      const [told = ''] = render('CREATE DICTIONARY ja4_logs.d (a UInt8) SOURCE(CLICKHOUSE(DB x))');
      expect(maskedSql(told)).toMatch(/SOURCE\(CLICKHOUSE\(USER ' {3}' PASSWORD ' *' DB x\)\)$/);
      const quoted = told.slice(told.indexOf("PASSWORD '") + 10, told.lastIndexOf("' DB x"));
      expect(quoted.replace(/\\(.)/gs, '$1')).toBe(password);
    }),
  );
  const words = fc.constantFrom(
    'CREATE',
    'TABLE',
    'VIEW',
    ' ',
    '\n',
    'a.b',
    "'",
    '(',
    'ALTER',
    'DROP',
    'DATABASE',
    '--',
  );
  fc.assert(
    fc.property(fc.array(words), (parts) => {
      const sql = parts.join('');
      const statement = schemaStatement(sql);
      if (statement !== undefined) expect(sql.slice(0, statement.nameEnd)).toContain(statement.name);
    }),
  );
});
