import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { sessionViews } from './session-view.ts';
import { readSql } from './sql-files.ts';

/** One step of the schema. */
export interface Migration {
  /** File name without `.sql`, e.g. `0001_http_logs`; or `view:<name>` for a generated view. */
  readonly name: string;
  /** SHA-256 of the text before the database names are put in, so that every store has the same ones. */
  readonly checksum: string;
  readonly sql: string;
  /** Views are derived from the code and replaced when they change; files are applied once. */
  readonly repeatable: boolean;
}

const migrationsFolder = new URL('../sql/migrations/', import.meta.url);

/**
 * All steps in the order in which they are applied: the numbered files of `sql/migrations`, then the views
 * generated from the feature catalogue.
 */
export function allMigrations(): Migration[] {
  const files = readdirSync(migrationsFolder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => migration(file.slice(0, -'.sql'.length), readSql(`migrations/${file}`), false));
  files.forEach(({ name }, index) => {
    if (Number(/^(\d{4})_[a-z0-9_]+$/.exec(name)?.[1]) !== index + 1) {
      throw Object.assign(
        new Error(`migration ${name}.sql does not continue the numbering: expected ${index + 1}`),
        {
          code: 'MIGRATION_NUMBERING',
        },
      );
    }
  });
  const views = sessionViews().map(({ name, sql }) => migration(`view:${name}`, sql, true));
  return [...files, ...views];
}

/** A step from its text. */
export function migration(name: string, sql: string, repeatable: boolean): Migration {
  return { name, sql, repeatable, checksum: createHash('sha256').update(sql).digest('hex') };
}
