import type { Store } from './connect.ts';
import { dateTimeText } from './date-time.ts';
import { createHistory, history, isView, readHistory, refuseForeignHistory } from './migration-history.ts';
import { allMigrations, type Migration } from './migrations.ts';
import { applyRetention, type Retention, type RetentionChange } from './retention.ts';
import { migrationRenderer } from './topology/render-migration.ts';

export interface MigrationOptions {
  /** How long tables keep their rows; without it they keep them as long as they do now. */
  readonly retention?: Retention;
  /** Called before each step that is applied. */
  readonly onStep?: (name: string) => void;
  readonly migrations?: readonly Migration[];
}

export interface MigrationReport {
  /** Steps applied now, in order. */
  readonly applied: string[];
  /** Steps that stood already. */
  readonly unchanged: number;
  /** Tables that keep their rows for another time now. */
  readonly retention: RetentionChange[];
}

export interface MigrationState {
  readonly name: string;
  /** `unknown`: applied by a newer version. */
  readonly state: 'applied' | 'pending' | 'changed' | 'unknown';
  /** When it was applied, ISO time. */
  readonly appliedAt?: string;
}

/** A step and the statements that a store is told for it. */
export interface PlannedMigration {
  readonly name: string;
  readonly statements: readonly string[];
}

/**
 * Brings a store's two databases to the schema of this version. Can be repeated, and goes on after an
 * interruption: a file is recorded when all of its statements have run, and all of them tolerate being
 * run again.
 *
 * @throws Error with code MIGRATION_CHANGED when a file differs from what was applied, MIGRATION_UNKNOWN
 *   when the store was migrated by a newer version, MIGRATION_TOPOLOGY when the tables were made for a single
 *   server and the store is a cluster, or the other way round, MIGRATION_FAILED with the statement that was
 *   refused.
 */
export async function migrate(store: Store, options: MigrationOptions = {}): Promise<MigrationReport> {
  const migrations = options.migrations ?? allMigrations();
  const pending = await pendingSteps(store, migrations);
  await createHistory(store);
  const render = migrationRenderer(store, [history, ...migrations]);
  const applied: string[] = [];
  for (const step of pending) {
    options.onStep?.(step.name);
    await apply(store, step, render(step.sql));
    applied.push(step.name);
  }
  const retention = options.retention === undefined ? [] : await applyRetention(store, options.retention);
  return { applied, unchanged: migrations.length - applied.length, retention };
}

/** What `migrate` would tell the store, without telling it. Throws what `migrate` throws, but MIGRATION_FAILED. */
export async function plannedMigrations(
  store: Store,
  migrations: readonly Migration[] = allMigrations(),
): Promise<PlannedMigration[]> {
  const pending = await pendingSteps(store, migrations);
  if (pending.length === 0) return [];
  return renderSteps(store, [history, ...pending], migrations);
}

/** Every step with the statements that a store of these names and this topology is told, without asking one. */
export function renderMigrations(
  store: Pick<Store, 'databases' | 'topology'>,
  migrations: readonly Migration[] = allMigrations(),
): PlannedMigration[] {
  return renderSteps(store, [history, ...migrations], migrations);
}

function renderSteps(
  store: Pick<Store, 'databases' | 'topology'>,
  steps: readonly Migration[],
  migrations: readonly Migration[],
): PlannedMigration[] {
  const render = migrationRenderer(store, [history, ...migrations]);
  return steps.map(({ name, sql }) => ({ name, statements: render(sql) }));
}

/** What `migrate` would do, without doing it. A store that was never migrated has only pending steps. */
export async function migrationStatus(
  store: Store,
  migrations: readonly Migration[] = allMigrations(),
): Promise<MigrationState[]> {
  const recorded = await readHistory(store);
  const known = migrations.map(({ name, checksum }): MigrationState => {
    const found = recorded.get(name);
    if (!found) return { name, state: 'pending' };
    return { name, state: found.checksum === checksum ? 'applied' : 'changed', appliedAt: found.appliedAt };
  });
  const names = new Set(migrations.map(({ name }) => name));
  const unknown = [...recorded]
    .filter(([name]) => !names.has(name) && !isView(name))
    .map(([name, { appliedAt }]): MigrationState => ({ name, state: 'unknown', appliedAt }));
  return [...known, ...unknown];
}

async function pendingSteps(store: Store, migrations: readonly Migration[]): Promise<Migration[]> {
  const recorded = await readHistory(store);
  refuseForeignHistory(store, migrations, recorded);
  return migrations.filter(({ name, checksum }) => recorded.get(name)?.checksum !== checksum);
}

async function apply(store: Store, step: Migration, statements: readonly string[]): Promise<void> {
  for (const statement of statements) {
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
