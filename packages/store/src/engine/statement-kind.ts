import { failure } from './clickhouse-error.ts';
import { findTopLevel } from './sql-clauses.ts';
import { isSymbol, keyword, type Token } from './sql-tokens.ts';

/** What a statement does; `session` changes only what its session remembers. */
export type StatementKind = 'read' | 'insert' | 'change' | 'kill' | 'session';

const words = (text: string): string[] => text.split(' ');

const kinds: ReadonlyMap<string, StatementKind> = new Map([
  ...words('SELECT FROM SHOW DESCRIBE DESC EXISTS EXPLAIN').map((verb) => [verb, 'read'] as const),
  ['INSERT', 'insert'],
  ...words(
    'CREATE ALTER DROP TRUNCATE RENAME EXCHANGE UNDROP OPTIMIZE SYSTEM DELETE UPDATE CHECK DETACH ATTACH',
  ).map((verb) => [verb, 'change'] as const),
  ['KILL', 'kill'],
  ['SET', 'session'],
  ['USE', 'session'],
]);
const verbs: ReadonlySet<string> = new Set(kinds.keys());

/** Statements of ClickHouse that are not available here; a word in neither list begins no statement. */
const unavailable = new Set(
  words('GRANT REVOKE BACKUP RESTORE WATCH MOVE EXECUTE BEGIN START COMMIT ROLLBACK PARALLEL VALUES'),
);

/** First keyword behind opening brackets and a leading WITH list. */
export function statementVerb(tokens: readonly Token[]): string {
  let i = 0;
  while (isSymbol(tokens[i], '(')) i++;
  const first = keyword(tokens[i]);
  if (first !== 'WITH') return first;
  const verb = tokens[findTopLevel(tokens, verbs, i + 1)];
  return verb === undefined ? 'SELECT' : keyword(verb);
}

/**
 * What a statement that begins with this keyword does.
 * @throws ClickHouseFailure SYNTAX_ERROR for no statement at all, ACCESS_DENIED for one that is not available,
 *   NOT_IMPLEMENTED for SET and USE outside a session
 */
export function statementKind(verb: string, first: Token | undefined, inSession: boolean): StatementKind {
  const kind = kinds.get(verb);
  if (kind === 'session' && !inSession)
    throw failure(
      'NOT_IMPLEMENTED',
      `${verb} would not outlive its request; send a session_id with each request, or settings and database.`,
    );
  if (kind !== undefined) return kind;
  if (unavailable.has(verb)) throw failure('ACCESS_DENIED', `Statement ${verb} is not available here.`);
  const at = `position ${(first?.start ?? 0) + 1} (${first?.value.slice(0, 40) ?? ''})`;
  throw failure(
    'SYNTAX_ERROR',
    `Syntax error: failed at ${at}: no statement begins so. Expected one of: ${[...verbs].join(', ')}.`,
  );
}

/**
 * Whether a statement makes or drops a temporary table and nothing else: `CREATE [OR REPLACE] TEMPORARY TABLE x …`
 * or `DROP TEMPORARY TABLE x`. The name must be a plain one: with a database in front it is another table.
 */
export function namesTemporaryTable(verb: string, tokens: readonly Token[]): boolean {
  if (verb !== 'CREATE' && verb !== 'DROP') return false;
  let at = 1;
  const take = (...expected: string[]): boolean => {
    const found = expected.every((word, i) => keyword(tokens[at + i]) === word);
    if (found) at += expected.length;
    return found;
  };
  if (verb === 'CREATE') take('OR', 'REPLACE');
  if (!take('TEMPORARY', 'TABLE')) return false;
  if (!take('IF', 'NOT', 'EXISTS')) take('IF', 'EXISTS');
  return !isSymbol(tokens[at + 1], '.');
}
