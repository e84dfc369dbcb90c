import type { Store } from './connect.ts';
import { allMigrations, type Migration } from './migrations.ts';
import { databaseName } from './sql-files.ts';
import { splitStatements } from './sql-statements.ts';
import { schemaStatement } from './topology/schema-statement.ts';
import { onCluster } from './topology/topology.ts';

/** For how long tables keep their rows, in days. */
export interface Retention {
  /** For requests, what is aggregated from them, and verdicts: every table whose migration says a week. */
  readonly days: number;
  /** For single tables, by name without the database. */
  readonly overrides?: Readonly<Record<string, number | undefined>>;
}

/** A table that keeps its rows for another time than before. */
export interface RetentionChange {
  readonly table: string;
  readonly fromDays: number;
  readonly toDays: number;
  readonly statement: string;
}

/** What a migration calls a week is meant by `Retention.days`. */
const generalDays = 7;

/** Tables whose rows expire and the days that their migrations say, by name without the database. */
export function migratedRetention(migrations: readonly Migration[] = allMigrations()): Map<string, number> {
  const tables = new Map<string, number>();
  for (const statement of migrations.flatMap(({ sql }) => splitStatements(sql)).map(schemaStatement)) {
    if (statement?.action !== 'create-table' && statement?.action !== 'alter') continue;
    const days = /\bTTL\s[^;]*?\+\s*INTERVAL\s+(\d+)\s+DAY\b/i.exec(statement.mask)?.[1];
    if (days !== undefined) tables.set(statement.name.replace(/^.*\./, ''), Number(days));
  }
  return tables;
}

/**
 * What has to be altered so that every table keeps its rows as long as the retention says.
 *
 * @throws Error with code RETENTION_UNKNOWN_TABLE for an override of a table whose rows do not expire.
 */
export async function plannedRetention(store: Store, retention: Retention): Promise<RetentionChange[]> {
  const wanted = wantedDays(retention);
  const isCluster = store.topology.kind === 'cluster';
  const result = await store.client.query({
    query: `SELECT concat(database, '.', name) AS qualified, name, create_table_query AS statement
      FROM system.tables WHERE database IN {databases:Array(String)} ORDER BY database, name`,
    query_params: { databases: [store.databases.logs, store.databases.processing].map(databaseName) },
    format: 'JSONEachRow',
  });
  const tables = await result.json<{ qualified: string; name: string; statement: string }>();
  return tables.flatMap(({ qualified, name, statement }) => {
    const sharded = isCluster && name.endsWith('_local');
    const toDays = wanted.get(sharded ? name.replace(/_local$/, '') : name);
    const [, expression, fromDays] = /\sTTL (\S.*?) \+ toIntervalDay\((\d+)\)/.exec(statement) ?? [];
    if (toDays === undefined || expression === undefined || Number(fromDays) === toDays) return [];
    // The other tables of a cluster are one set of replicas, and take it from each other.
    const place = sharded ? onCluster(store.topology) : '';
    return {
      table: qualified,
      fromDays: Number(fromDays),
      toDays,
      statement: `ALTER TABLE ${qualified}${place} MODIFY TTL ${expression} + toIntervalDay(${toDays})`,
    };
  });
}

/** Alters what `plannedRetention` names; rows that have expired by it go with the next merges. */
export async function applyRetention(store: Store, retention: Retention): Promise<RetentionChange[]> {
  const changes = await plannedRetention(store, retention);
  for (const { statement } of changes) await store.client.command({ query: statement });
  return changes;
}

function wantedDays({ days, overrides = {} }: Retention): Map<string, number> {
  const wanted = migratedRetention();
  for (const [table, own] of wanted) {
    if (own === generalDays) wanted.set(table, days);
  }
  for (const [table, own] of Object.entries(overrides)) {
    if (own === undefined) continue;
    if (!wanted.has(table)) {
      throw Object.assign(new Error(`retention of ${table}: there is no such table whose rows expire`), {
        code: 'RETENTION_UNKNOWN_TABLE',
      });
    }
    wanted.set(table, own);
  }
  return wanted;
}
