import type { Store } from './connect.ts';
import { dateTimeText } from './date-time.ts';
import { allMigrations, type Migration } from './migrations.ts';
import { renderSql } from './sql-files.ts';
import { splitStatements } from './sql-statements.ts';

export interface MigrationReport {
  /** Steps applied now, in order. */
  readonly applied: string[];
  /** Steps that stood already. */
  readonly unchanged: number;
}

export interface MigrationState {
  readonly name: string;
  readonly state: 'applied' | 'pending' | 'changed';
  /** When it was applied, ISO time. */
  readonly appliedAt?: string;
}

/**
 * Brings a store's two databases to the schema of this version. Can be repeated, and goes on after an
 * interruption: a file is recorded when all of its statements have run, and all of them tolerate being
 * run again.
 *
 * @param onStep called before each step that is applied.
 * @throws Error with code MIGRATION_CHANGED when a file differs from what was applied, MIGRATION_UNKNOWN
 *   when the store was migrated by a newer version, MIGRATION_FAILED with the statement that was refused.
 */
export async function migrate(
  store: Store,
  onStep: (name: string) => void = () => {},
  migrations: readonly Migration[] = allMigrations(),
): Promise<MigrationReport> {
  await createHistory(store);
  const recorded = await readHistory(store);
  refuseForeignHistory(store, migrations, recorded);
  const applied: string[] = [];
  for (const step of migrations) {
    if (recorded.get(step.name)?.checksum === step.checksum) continue;
    onStep(step.name);
    await apply(store, step);
    applied.push(step.name);
  }
  return { applied, unchanged: migrations.length - applied.length };
}

/** What `migrate` would do, without doing it. A store that was never migrated has only pending steps. */
export async function migrationStatus(
  store: Store,
  migrations: readonly Migration[] = allMigrations(),
): Promise<MigrationState[]> {
  const recorded = (await historyExists(store)) ? await readHistory(store) : new Map<string, Applied>();
  return migrations.map(({ name, checksum }) => {
    const found = recorded.get(name);
    if (!found) return { name, state: 'pending' };
    return { name, state: found.checksum === checksum ? 'applied' : 'changed', appliedAt: found.appliedAt };
  });
}

interface Applied {
  readonly checksum: string;
  readonly appliedAt: string;
}

async function createHistory(store: Store): Promise<void> {
  for (const statement of [
    'CREATE DATABASE IF NOT EXISTS ja4_logs',
    'CREATE DATABASE IF NOT EXISTS ja4_processing',
    `CREATE TABLE IF NOT EXISTS ja4_processing.schema_migrations
     (name String, checksum String, applied_at DateTime64(3, 'UTC'))
     ENGINE = ReplacingMergeTree(applied_at) ORDER BY name`,
  ]) {
    await store.client.command({ query: renderSql(statement, store.databases) });
  }
}

async function historyExists(store: Store): Promise<boolean> {
  const result = await store.client.query({
    query: 'SELECT 1 FROM system.tables WHERE database = {database:String} AND name = {table:String}',
    query_params: { database: store.databases.processing, table: 'schema_migrations' },
    format: 'JSONEachRow',
  });
  return (await result.json()).length > 0;
}

async function readHistory(store: Store): Promise<Map<string, Applied>> {
  const result = await store.client.query({
    query: renderSql(
      `SELECT name, checksum, formatDateTime(applied_at, '%FT%TZ', 'UTC') AS appliedAt
       FROM ja4_processing.schema_migrations FINAL`,
      store.databases,
    ),
    format: 'JSONEachRow',
  });
  const rows = await result.json<{ name: string } & Applied>();
  return new Map(rows.map((row) => [row.name, row]));
}

function refuseForeignHistory(
  store: Store,
  migrations: readonly Migration[],
  recorded: Map<string, Applied>,
): void {
  const byName = new Map(migrations.map((step) => [step.name, step]));
  for (const [name, { checksum }] of recorded) {
    const step = byName.get(name);
    if (!step && !name.startsWith('view:')) {
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

/** A cluster needs other engines and `ON CLUSTER`: that rendering belongs here, between text and statement. */
async function apply(store: Store, step: Migration): Promise<void> {
  for (const statement of splitStatements(renderSql(step.sql, store.databases))) {
    try {
      await store.client.command({ query: statement });
    } catch (cause) {
      const start = statement.split('\n', 1)[0];
      const why = cause instanceof Error ? cause.message : String(cause);
      throw Object.assign(new Error(`migration ${step.name} failed at "${start}": ${why}`, { cause }), {
        code: 'MIGRATION_FAILED',
      });
    }
  }
  await store.client.insert({
    table: `${store.databases.processing}.schema_migrations`,
    values: [{ name: step.name, checksum: step.checksum, applied_at: dateTimeText(new Date()) }],
    format: 'JSONEachRow',
  });
}
