import { replaceOutsideQuotes, type SchemaStatement, schemaStatement } from './schema-statement.ts';
import type { Placements } from './table-placement.ts';
import { clusterName } from './topology.ts';

/** The part of a sharded table that one server holds; its plain name stands for all parts. */
const localName = (name: string): string => `${name}_local`;

/**
 * What a cluster is told for one statement of a migration. Sharded tables get two: `<name>_local` with the rows of
 * a shard, replicated, and a Distributed table with the plain name, so that no query differs. Views read and write
 * the local ones. Macros `{shard}` and `{replica}` come from each server's configuration.
 *
 * Alterations of a replicated table go to one server of each set of replicas (of all servers, where all hold the
 * table), and the replicas get them through Keeper.
 *
 * @throws Error with code MIGRATION_NOT_FOR_CLUSTERS for a statement whose meaning in a cluster is not known.
 */
export function clusterStatements(sql: string, cluster: string, placements: Placements): string[] {
  const statement = schemaStatement(sql);
  if (statement === undefined) throw unknownStatement(sql);
  const write = new ClusterWriter(clusterName(cluster), placements);
  return write.statements(statement);
}

function unknownStatement(sql: string): Error {
  return Object.assign(
    new Error(`what "${sql.split('\n', 1)[0]}" means in a cluster is not known: use other statements`),
    { code: 'MIGRATION_NOT_FOR_CLUSTERS' },
  );
}

class ClusterWriter {
  readonly #cluster: string;
  readonly #placements: Placements;

  constructor(cluster: string, placements: Placements) {
    this.#cluster = cluster;
    this.#placements = placements;
  }

  statements(statement: SchemaStatement): string[] {
    const { action, name } = statement;
    switch (action) {
      case 'create-database':
      case 'create-dictionary':
      case 'create-view':
        return [this.#onCluster(statement)];
      case 'create-materialized-view':
        return [this.#local(this.#onCluster(statement))];
      case 'create-table':
        return this.#createTable(statement);
      case 'alter':
        return this.#alter(statement);
      case 'drop':
        return this.#isSharded(name)
          ? [this.#drop(name), this.#drop(localName(name))]
          : [synchronous(this.#onCluster(statement))];
      case 'truncate':
        return [this.#isSharded(name) ? this.#local(this.#onCluster(statement)) : statement.sql];
    }
  }

  #isSharded(name: string): boolean {
    return this.#placements.tables.get(name)?.kind === 'sharded';
  }

  #onCluster({ sql, nameEnd }: SchemaStatement): string {
    return `${sql.slice(0, nameEnd)} ON CLUSTER '${this.#cluster}'${sql.slice(nameEnd)}`;
  }

  /** The statement with the local names of sharded tables. */
  #local(sql: string): string {
    return replaceOutsideQuotes(sql, /\b\w+\.\w+\b/g, (name) =>
      this.#isSharded(name) ? localName(name) : name,
    );
  }

  #createTable(statement: SchemaStatement): string[] {
    const { name } = statement;
    const sharded = this.#isSharded(name);
    const path = (sharded ? localName(name) : name).replace('.', '/');
    const local = this.#local(this.#onCluster(statement));
    const replicated = replaceOutsideQuotes(
      local,
      /\bENGINE\s*=\s*\w*MergeTree\b(?:\s*\([^)]*\))?/gi,
      (engine) => replicatedEngine(engine, path, sharded),
    );
    const created = replaceOutsideQuotes(
      replicated,
      /\bnon_replicated_deduplication_window\s*=\s*\d+/g,
      (window) =>
        `${window.replace('non_replicated', 'replicated')}, replicated_deduplication_window_seconds = 604800`,
    );
    return sharded ? [created, this.#distributed('CREATE TABLE IF NOT EXISTS', name)] : [created];
  }

  #distributed(create: string, name: string): string {
    const placement = this.#placements.tables.get(name);
    const key = placement?.kind === 'sharded' && placement.key !== undefined ? `, ${placement.key}` : '';
    const [database = '', table = ''] = localName(name).split('.');
    return (
      `${create} ${name} ON CLUSTER '${this.#cluster}' AS ${localName(name)}\n` +
      `ENGINE = Distributed('${this.#cluster}', '${database}', '${table}'${key})`
    );
  }

  #alter(statement: SchemaStatement): string[] {
    const { name, mask, nameEnd } = statement;
    if (this.#placements.materializedViews.has(name)) return [this.#local(this.#onCluster(statement))];
    // Settings are each server's own.
    const settingsOnly = /^\s+(?:MODIFY|RESET)\s+SETTING\b/i.test(mask.slice(nameEnd));
    if (!this.#isSharded(name)) return [settingsOnly ? this.#onCluster(statement) : statement.sql];
    const altered = this.#local(this.#onCluster(statement));
    const sameColumns = settingsOnly || /^\s+MODIFY\s+TTL\b/i.test(mask.slice(nameEnd));
    return sameColumns ? [altered] : [altered, this.#distributed('CREATE OR REPLACE TABLE', name)];
  }

  /** At once, so that the table's place in Keeper is free for one of the same name. */
  #drop(name: string): string {
    return `DROP TABLE IF EXISTS ${name} ON CLUSTER '${this.#cluster}' SYNC`;
  }
}

const synchronous = (sql: string): string => (/\bSYNC\s*$/i.test(sql) ? sql : `${sql} SYNC`);

function replicatedEngine(engine: string, path: string, sharded: boolean): string {
  const [, name, parameters] = /=\s*(\w+)\s*(?:\(([^)]*)\))?$/s.exec(engine) ?? [];
  const place = sharded
    ? `'/clickhouse/tables/{shard}/${path}', '{replica}'`
    : `'/clickhouse/tables/all/${path}', '{shard}-{replica}'`;
  const rest = parameters === undefined || parameters.trim() === '' ? '' : `, ${parameters}`;
  return `ENGINE = Replicated${name}(${place}${rest})`;
}
