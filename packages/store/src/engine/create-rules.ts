import { failure } from './clickhouse-error.ts';
import { closing } from './sql-clauses.ts';
import { identifier, isSymbol, keyword, type Token } from './sql-tokens.ts';

/**
 * Table and database engines that keep everything below the data folder. Not Buffer: its rows are lost with the
 * process, and one without a database keeps the store from opening again.
 */
const allowedEngines =
  /^(?:(?:Replacing|Summing|Aggregating|Collapsing|VersionedCollapsing|Coalescing|Graphite)?MergeTree|Null|Memory|Log|TinyLog|StripeLog|Set|Join|View|MaterializedView|Merge|Dictionary|GenerateRandom|Atomic|Ordinary)$/i;

const creatable = new Set(['TABLE', 'VIEW', 'MATERIALIZED', 'DATABASE', 'DICTIONARY', 'FUNCTION']);
/** Options of a dictionary's source that name no other server. */
const sourceOptions = new Set(
  'USER PASSWORD DB TABLE QUERY WHERE INVALIDATE_QUERY UPDATE_FIELD UPDATE_LAG'.split(' '),
);
/** Those that hold SQL. */
const nestedSql = new Set(['QUERY', 'WHERE', 'INVALIDATE_QUERY', 'UPDATE_FIELD']);

function refuse(what: string, remedy: string): never {
  throw failure('ACCESS_DENIED', `${what} is refused for every role: ${remedy}`);
}

/** SQL found inside a string that the engine will run (a dictionary's QUERY); checked like a statement. */
export type NestedSql = (sql: string) => void;

/**
 * Checks `SOURCE(CLICKHOUSE(…))`: only this server's own tables, given by TABLE/DB or QUERY. The options must be
 * bare keywords with one literal or name each, since the engine also takes quoted keywords and computed values
 * (`QUERY concat('SELECT fi', 'le(…)')`), which nobody could read here.
 * @throws ClickHouseFailure ACCESS_DENIED
 */
function checkDictionarySource(tokens: readonly Token[], open: number, nested: NestedSql): void {
  const source = identifier(tokens[open + 1])?.toUpperCase();
  if (source === 'NULL') return;
  if (source !== 'CLICKHOUSE' || !isSymbol(tokens[open + 2], '('))
    refuse(
      `Dictionary source ${source ?? '?'}`,
      'load the data into a table and use SOURCE(CLICKHOUSE(TABLE …)).',
    );
  const end = closing(tokens, open + 2);
  for (let i = open + 3; i < end; i += 2) {
    const key = keyword(tokens[i]);
    const value = tokens[i + 1];
    if (!sourceOptions.has(key))
      refuse(
        `Dictionary source option ${tokens[i]?.value ?? '?'}`,
        `only ${[...sourceOptions].join(', ')} are known, each with one value.`,
      );
    if (i + 1 >= end || value === undefined || value.kind === 'symbol')
      refuse(`This value of ${key}`, 'write it as one literal or bare name.');
    if (!nestedSql.has(key)) continue;
    if (value.kind !== 'string') refuse(`This value of ${key}`, 'write it as one string.');
    nested(key === 'WHERE' || key === 'UPDATE_FIELD' ? `SELECT 1 WHERE ${value.value}` : value.value);
  }
}

/** What is defined: the keyword behind `CREATE`, `OR REPLACE` and `TEMPORARY`. */
function definedObject(tokens: readonly Token[]): string {
  let at = 1;
  if (keyword(tokens[at]) === 'OR' && keyword(tokens[at + 1]) === 'REPLACE') at += 2;
  if (keyword(tokens[at]) === 'TEMPORARY') at++;
  return keyword(tokens[at]);
}

/**
 * Rules for CREATE, ATTACH and ALTER: only objects whose data stays below the data folder.
 * @param verb first keyword of the statement
 * @param nested called with every string that holds SQL
 * @throws ClickHouseFailure ACCESS_DENIED
 */
export function checkDefinition(verb: string, tokens: readonly Token[], nested: NestedSql): void {
  const object = definedObject(tokens);
  if (verb === 'CREATE' && !creatable.has(object))
    refuse(`CREATE ${object}`, 'tables, views, dictionaries, databases and SQL functions can be created.');
  if (verb === 'ATTACH' && !['TABLE', 'DICTIONARY', 'DATABASE'].includes(object))
    refuse(`ATTACH ${object}`, 'only what was detached here can be attached.');
  for (let i = 1; i < tokens.length; i++) {
    const word = keyword(tokens[i]);
    if (word === 'ENGINE') {
      const name = identifier(tokens[isSymbol(tokens[i + 1], '=') ? i + 2 : i + 1]);
      if (name !== undefined && !allowedEngines.test(name))
        refuse(`Engine ${name}`, 'use a MergeTree, Log, Memory, Null, Set or Join table.');
    } else if (word === 'SOURCE' && isSymbol(tokens[i + 1], '('))
      checkDictionarySource(tokens, i + 1, nested);
    else if (/SSD_CACHE$/.test(identifier(tokens[i])?.toUpperCase() ?? ''))
      refuse('Layout SSD_CACHE', 'use a layout that lives in memory.');
    else if (verb === 'ATTACH' && word === 'FROM') refuse('ATTACH … FROM', 'leave the path out.');
    else if (object === 'FUNCTION' && (word === 'LANGUAGE' || word === 'ENGINE'))
      refuse('A function in another language', 'write it as an SQL lambda: CREATE FUNCTION f AS (x) -> ….');
    else if (
      /^(?:DISK|STORAGE_POLICY|TABLE_DISK)$/i.test(identifier(tokens[i]) ?? '') &&
      isStorage(tokens, i)
    )
      refuse(`Storage option ${tokens[i]?.value}`, 'tables live in the data folder.');
  }
}

/** `disk = …`, `disk(…)` and `TO DISK 'x'`, as opposed to a column of that name. */
function isStorage(tokens: readonly Token[], at: number): boolean {
  const next = tokens[at + 1];
  return (
    isSymbol(next, '=') ||
    isSymbol(next, '(') ||
    (keyword(tokens[at - 1]) === 'TO' && next?.kind === 'string')
  );
}
