import { forbiddenFunctions } from './forbidden-functions.ts';

/** What the guard knows about the engine; read from the engine at start, so that it follows the version. */
export interface GuardContext {
  /** Lower-case names of functions that no statement may call. */
  forbiddenFunctions: ReadonlySet<string>;
  /**
   * The same for statements that read: these run with `readonly=1`, where the engine refuses the table function
   * `format`, which elsewhere runs expressions out of text, so that the ordinary function of that name is free.
   */
  forbiddenWhenReading: ReadonlySet<string>;
  /** Names of all settings of statements. */
  settings: ReadonlySet<string>;
  /** Names of all settings of tables. */
  tableSettings: ReadonlySet<string>;
}

/** Asks the engine for its table functions and settings. */
export function guardContext(list: (sql: string) => string[]): GuardContext {
  const forbidden = forbiddenFunctions(list('SELECT name FROM system.table_functions'));
  return {
    forbiddenFunctions: forbidden,
    forbiddenWhenReading: new Set([...forbidden].filter((name) => name !== 'format')),
    settings: new Set(list('SELECT name FROM system.settings')),
    tableSettings: new Set(list('SELECT name FROM system.merge_tree_settings')),
  };
}
