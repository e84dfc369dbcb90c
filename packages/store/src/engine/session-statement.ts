import { failure } from './clickhouse-error.ts';
import { checkSetting } from './setting-rules.ts';
import { readSettings } from './sql-clauses.ts';
import { identifier, keyword, type Token, tokenize } from './sql-tokens.ts';

/** What SET or USE changes in a session. */
export interface SessionChange {
  /** Settings as SQL literals; undefined goes back to the default. */
  settings: readonly (readonly [name: string, literal: string | undefined])[];
  /** Values of `SET param_x = …`. */
  parameters: readonly (readonly [name: string, value: string])[];
  database: string | undefined;
}

/** What SET has besides settings: roles and transactions, which the engine does not have. */
const unknownToSet = new Set(['ROLE', 'DEFAULT', 'TRANSACTION']);

/**
 * Reads `SET a = 1, param_b = 'x'`.
 * @param existing names of the engine's settings, if they are known
 * @throws ClickHouseFailure SYNTAX_ERROR, NOT_IMPLEMENTED, UNKNOWN_SETTING, or ACCESS_DENIED for a setting that lifts a limit
 */
export function readSet(
  sql: string,
  tokens: readonly Token[],
  existing?: ReadonlySet<string>,
): SessionChange {
  if (unknownToSet.has(keyword(tokens[1])))
    throw failure(
      'NOT_IMPLEMENTED',
      `SET ${keyword(tokens[1])} is not available here: roles come with the user.`,
    );
  const clause = readSettings(sql, tokens, 1);
  if (clause === undefined || clause.end !== tokens.length)
    throw failure('SYNTAX_ERROR', 'Syntax error: SET needs name = value, separated by commas.');
  const settings: [string, string | undefined][] = [];
  const parameters: [string, string][] = [];
  for (const [name, literal] of clause.values) {
    if (name.startsWith('param_')) parameters.push([name.slice(6), textOf(literal)]);
    else {
      checkSetting(name, existing);
      settings.push([name, literal.toUpperCase() === 'DEFAULT' ? undefined : literal]);
    }
  }
  return { settings, parameters, database: undefined };
}

/** A parameter's value: the content of a string, otherwise the literal as it stands. */
function textOf(literal: string): string {
  const result = tokenize(literal);
  const [token] = result.ok ? result.tokens : [];
  return token?.kind === 'string' ? token.value : literal;
}

/**
 * Reads `USE name` or `USE DATABASE name`.
 * @throws ClickHouseFailure SYNTAX_ERROR
 */
export function readUse(tokens: readonly Token[]): SessionChange {
  const at = keyword(tokens[1]) === 'DATABASE' && tokens.length > 2 ? 2 : 1;
  const database = identifier(tokens[at]);
  if (database === undefined || tokens.length !== at + 1)
    throw failure('SYNTAX_ERROR', 'Syntax error: USE needs the name of a database.');
  return { settings: [], parameters: [], database };
}
