import type { Databases } from '../connect.ts';
import { allMigrations, type Migration } from '../migrations.ts';
import { renderSql } from '../sql-files.ts';
import { splitStatements } from '../sql-statements.ts';
import { clusterStatements } from './cluster-statements.ts';
import { withDictionaryLogin } from './dictionary-login.ts';
import { tablePlacements } from './table-placement.ts';
import type { Topology } from './topology.ts';

/** Turns SQL of migrations into the statements that one store is told. */
export type MigrationRenderer = (sql: string) => string[];

/**
 * The renderer for a store. A cluster's needs to see all migrations, because where a table stands also follows
 * from views that are made after it.
 */
export function migrationRenderer(
  { databases, topology }: { readonly databases: Databases; readonly topology: Topology },
  migrations: readonly Migration[] = allMigrations(),
): MigrationRenderer {
  const placed = clusterRenderer(topology, migrations);
  const login = topology.kind === 'embedded' ? undefined : topology.dictionaryLogin;
  return (sql) =>
    splitStatements(sql)
      .flatMap(placed)
      .map((statement) => renderSql(statement, databases))
      .map((statement) => (login === undefined ? statement : withDictionaryLogin(statement, login)));
}

function clusterRenderer(topology: Topology, migrations: readonly Migration[]): (sql: string) => string[] {
  if (topology.kind !== 'cluster') return (statement) => [statement];
  const placements = tablePlacements(migrations.flatMap(({ sql }) => splitStatements(sql)));
  return (statement) => clusterStatements(statement, topology.cluster, placements);
}
