import { forbiddenFunctions } from './forbidden-functions.ts';

/** What the guard knows about the engine; read from the engine at start, so that it follows the version. */
export interface GuardContext {
  /** Lower-case names of functions that no statement may call. */
  forbiddenFunctions: ReadonlySet<string>;
  /** Names of all settings of statements. */
  settings: ReadonlySet<string>;
  /** Names of all settings of tables. */
  tableSettings: ReadonlySet<string>;
}

/** Asks the engine for its table functions and settings. */
export function guardContext(list: (sql: string) => string[]): GuardContext {
  return {
    forbiddenFunctions: forbiddenFunctions(list('SELECT name FROM system.table_functions')),
    settings: new Set(list('SELECT name FROM system.settings')),
    tableSettings: new Set(list('SELECT name FROM system.merge_tree_settings')),
  };
}
