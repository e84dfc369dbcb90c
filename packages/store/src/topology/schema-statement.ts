import { maskedSql } from '../sql-statements.ts';

/** What a statement of the schema does, as far as a cluster treats it differently. */
type SchemaAction =
  | 'create-database'
  | 'create-table'
  | 'create-dictionary'
  | 'create-view'
  | 'create-materialized-view'
  | 'alter'
  | 'drop'
  | 'truncate';

/** A statement of a migration, with what is known from its head. */
export interface SchemaStatement {
  readonly sql: string;
  /** The same text, of the same length, with blanks for comments and for what stands in quotes. */
  readonly mask: string;
  readonly action: SchemaAction;
  /** The kind of thing: `TABLE`, `VIEW`, `DICTIONARY`, … */
  readonly kind: string;
  /** `database.name`, or the name of the database. */
  readonly name: string;
  /** Where the name ends. */
  readonly nameEnd: number;
}

const creating = (kind: string) =>
  new RegExp(`^CREATE\\s+(?:OR\\s+REPLACE\\s+)?(${kind})\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?(\\w+\\.\\w+)`, 'i');
const heads: readonly (readonly [RegExp, SchemaAction])[] = [
  [/^CREATE\s+(DATABASE)\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)/i, 'create-database'],
  [creating('TABLE'), 'create-table'],
  [creating('DICTIONARY'), 'create-dictionary'],
  [creating('VIEW'), 'create-view'],
  [creating('MATERIALIZED\\s+VIEW'), 'create-materialized-view'],
  [/^ALTER\s+(TABLE)\s+(\w+\.\w+)/i, 'alter'],
  [/^DROP\s+(TABLE|VIEW|DICTIONARY)\s+(?:IF\s+EXISTS\s+)?(\w+\.\w+)/i, 'drop'],
  [/^TRUNCATE\s+(TABLE)\s+(?:IF\s+EXISTS\s+)?(\w+\.\w+)/i, 'truncate'],
];

/** The head of one statement of our own migrations; undefined for one that changes no schema. */
export function schemaStatement(sql: string): SchemaStatement | undefined {
  const mask = maskedSql(sql);
  for (const [pattern, action] of heads) {
    const [head, kind, name] = pattern.exec(mask) ?? [];
    if (head === undefined || kind === undefined || name === undefined) continue;
    return { sql, mask, action, kind: kind.toUpperCase(), name, nameEnd: head.length };
  }
  return undefined;
}

/** Replaces what a pattern finds outside of quotes and comments. */
export function replaceOutsideQuotes(sql: string, pattern: RegExp, by: (found: string) => string): string {
  const mask = maskedSql(sql);
  let result = '';
  let end = 0;
  for (const { 0: found, index } of mask.matchAll(pattern)) {
    result += sql.slice(end, index) + by(sql.slice(index, index + found.length));
    end = index + found.length;
  }
  return result + sql.slice(end);
}
