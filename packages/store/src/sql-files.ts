import { readFileSync } from 'node:fs';
import type { Databases } from './connect.ts';

const sqlFolder = new URL('../sql/', import.meta.url);

/**
 * Puts a store's database names into SQL that is written with the default ones (`ja4_logs`,
 * `ja4_processing`). Whole identifiers only; quoted names, as dictGet and SOURCE take them, included.
 *
 * @throws Error with code INVALID_DATABASE_NAME for a name that is not a plain identifier, because names
 *   cannot be bound as parameters.
 */
export function renderSql(sql: string, databases: Databases): string {
  const names: Record<string, string> = {
    ja4_logs: databaseName(databases.logs),
    ja4_processing: databaseName(databases.processing),
  };
  return sql.replace(/\b(ja4_logs|ja4_processing)\b/g, (name) => names[name] ?? name);
}

/** The name itself if it can stand in SQL without quotes. */
export function databaseName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name)) return name;
  throw Object.assign(
    new Error(
      `"${name}" cannot be a database name: use letters, digits and _, at most 63, not starting with a digit`,
    ),
    { code: 'INVALID_DATABASE_NAME' },
  );
}

/**
 * The query of `sql/queries/<name>.sql` as a function of the store's databases. The file is read once, when
 * the module that uses it is loaded, so a missing file fails at start.
 */
export function loadQuery(name: string): (databases: Databases) => string {
  const sql = readSql(`queries/${name}.sql`);
  return (databases) => renderSql(sql, databases);
}

/** The text of a file below `sql/`. */
export function readSql(path: string): string {
  return readFileSync(new URL(path, sqlFolder), 'utf8');
}
