import { type SchemaStatement, schemaStatement } from './schema-statement.ts';

/** Where a table's rows stand in a cluster. */
type Placement =
  /**
   * Each row on one shard, and there on all replicas. `key` is the expression that chooses the shard; without one
   * only views write to the table, each on the shard where it runs.
   */
  | { readonly kind: 'sharded'; readonly key?: string }
  /** All rows on every server. */
  | { readonly kind: 'everywhere' };

/** What a cluster must know of a schema: its tables' places, and its materialized views. */
export interface Placements {
  /** By `database.name`. */
  readonly tables: ReadonlyMap<string, Placement>;
  readonly materializedViews: ReadonlySet<string>;
}

/** A visitor's rows stand together, of every table, so that views and joins by visitor stay on one server. */
const shardingKey = 'cityHash64(src_ip)';
const everywhere: Placement = { kind: 'everywhere' };

/**
 * Where the tables that the statements make belong: a table with the visitor's address is sharded by it; what
 * materialized views fill is sharded as the rows that they come from; everything else is small, and stands on
 * every server, where dictionaries and joins find all of it.
 */
export function tablePlacements(statements: readonly string[]): Placements {
  const known = statements.map(schemaStatement).filter((statement) => statement !== undefined);
  const targets = new Set(known.map(viewTarget).filter((target) => target !== undefined));
  const tables = new Map<string, Placement>();
  for (const statement of known) {
    if (statement.action !== 'create-table') continue;
    tables.set(statement.name, placementOf(statement, targets, tables));
  }
  const views = known.filter(({ action }) => action === 'create-materialized-view');
  return { tables, materializedViews: new Set(views.map(({ name }) => name)) };
}

function placementOf(
  { mask, name, nameEnd }: SchemaStatement,
  targets: ReadonlySet<string>,
  tables: ReadonlyMap<string, Placement>,
): Placement {
  const model = /^\s+AS\s+(\w+\.\w+)/i.exec(mask.slice(nameEnd))?.[1];
  if (model !== undefined) return tables.get(model) ?? everywhere;
  if (/[(,]\s*src_ip\s+IPv6\b/.test(mask)) return { kind: 'sharded', key: shardingKey };
  return targets.has(name) ? { kind: 'sharded' } : everywhere;
}

/** The table that a materialized view writes to. */
function viewTarget({ action, mask, nameEnd }: SchemaStatement): string | undefined {
  if (action !== 'create-materialized-view') return undefined;
  return /^\s+TO\s+(\w+\.\w+)/i.exec(mask.slice(nameEnd))?.[1];
}
