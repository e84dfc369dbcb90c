import type { Store } from './connect.ts';
import { type Migration, migration } from './migrations.ts';
import { databaseName, renderSql } from './sql-files.ts';
import { migrationRenderer } from './topology/render-migration.ts';

/** One step that a store has taken. */
export interface AppliedStep {
  readonly checksum: string;
  readonly appliedAt: string;
}

/** What stands before all steps, and is recorded nowhere: where they are recorded. */
export const history: Migration = migration(
  'databases and history',
  `CREATE DATABASE IF NOT EXISTS ja4_logs;
CREATE DATABASE IF NOT EXISTS ja4_processing;
CREATE TABLE IF NOT EXISTS ja4_processing.schema_migrations
(name String, checksum String, applied_at DateTime64(3, 'UTC'))
ENGINE = ReplacingMergeTree(applied_at) ORDER BY name`,
  true,
);

/** Makes the two databases and the table of steps where they are not there. */
export async function createHistory(store: Store): Promise<void> {
  for (const query of migrationRenderer(store, [history])(history.sql)) await store.client.command({ query });
}

/**
 * Steps that were taken, by name; none where there is no schema.
 *
 * @throws Error with code MIGRATION_TOPOLOGY, see `migrate`.
 */
export async function readHistory(store: Store): Promise<Map<string, AppliedStep>> {
  if (!(await historyExists(store))) return new Map();
  const result = await store.client.query({
    query: renderSql(
      `SELECT name, checksum, formatDateTime(applied_at, '%FT%TZ', 'UTC') AS appliedAt
       FROM ja4_processing.schema_migrations FINAL`,
      store.databases,
    ),
    format: 'JSONEachRow',
  });
  const rows = await result.json<{ name: string } & AppliedStep>();
  return new Map(rows.map((row) => [row.name, row]));
}

async function historyExists(store: Store): Promise<boolean> {
  const [, processing] = [store.databases.logs, store.databases.processing].map(databaseName);
  const result = await store.client.query({
    query: 'SELECT engine FROM system.tables WHERE database = {database:String} AND name = {table:String}',
    query_params: { database: processing, table: 'schema_migrations' },
    format: 'JSONEachRow',
  });
  const [found] = await result.json<{ engine: string }>();
  if (found === undefined) return false;
  refuseOtherTopology(store, found.engine.startsWith('Replicated'));
  return true;
}

/** Tables of the one kind do not become those of the other by themselves. */
function refuseOtherTopology({ databases, topology }: Store, replicated: boolean): void {
  if (replicated === (topology.kind === 'cluster')) return;
  const [made, wanted] = replicated
    ? ['a cluster', 'store.cluster is not set: set it']
    : ['a single server', 'store.cluster is set: take it out'];
  throw Object.assign(
    new Error(
      `database ${databases.processing} was made for ${made}, but ${wanted}, ` +
        'or use other names (store.logs_database, store.processing_database) and copy what you want to keep',
    ),
    { code: 'MIGRATION_TOPOLOGY' },
  );
}

/** Whether a step replaces a view that is derived from the code. */
export const isView = (name: string): boolean => name.startsWith('view:');

/** Throws MIGRATION_CHANGED and MIGRATION_UNKNOWN, see `migrate`. */
export function refuseForeignHistory(
  store: Store,
  migrations: readonly Migration[],
  recorded: Map<string, AppliedStep>,
): void {
  const byName = new Map(migrations.map((step) => [step.name, step]));
  for (const [name, { checksum }] of recorded) {
    const step = byName.get(name);
    if (!step && !isView(name)) {
      throw Object.assign(
        new Error(
          `database ${store.databases.processing} has migration ${name}, which this version does not know: ` +
            'it was written by a newer version; update this installation, or use another data folder',
        ),
        { code: 'MIGRATION_UNKNOWN' },
      );
    }
    if (step && !step.repeatable && step.checksum !== checksum) {
      throw Object.assign(
        new Error(
          `migration ${name} was changed after it was applied to ${store.databases.processing}: ` +
            'restore the file and put the change in a new one',
        ),
        { code: 'MIGRATION_CHANGED' },
      );
    }
  }
}
