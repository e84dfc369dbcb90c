import { failure } from './clickhouse-error.ts';
import { findTopLevel } from './sql-clauses.ts';
import { identifier, isSymbol, keyword, type Token } from './sql-tokens.ts';

/** An INSERT whose rows are data: in the request's body, or behind the statement itself. */
export interface InsertFromData {
  /** `INSERT INTO t (a, b)`: everything before SETTINGS, FORMAT or VALUES. */
  head: string;
  format: string;
  /** Rows that stood behind the statement, '' when there were none. */
  inlineData: string;
}

/** Input formats, in lower case, whose reader in engine 26.7 ends the whole process over damaged rows. */
const fatalFormats = new Set(['orc']);

const selectWords = new Set(['SELECT', 'WITH', 'FROM']);
/** What may begin the part of an INSERT that gives its rows. */
const rowWords = new Set(['FORMAT', 'VALUES', ...selectWords]);

/**
 * Tells the tokenizer where an INSERT's data begins: behind `VALUES`, or behind `FORMAT name`, unless rows
 * come from a SELECT.
 */
export function insertDataFollows(): (token: Token) => boolean {
  let depth = 0;
  let count = 0;
  let isInsert = false;
  let afterFormat = false;
  return (token) => {
    const word = keyword(token);
    if (count++ === 0) isInsert = word === 'INSERT';
    if (!isInsert) return false;
    if (isSymbol(token, '(')) depth++;
    else if (isSymbol(token, ')')) depth--;
    if (depth !== 0) return false;
    if (afterFormat || word === 'VALUES') return true;
    afterFormat = word === 'FORMAT';
    if (selectWords.has(word)) isInsert = false;
    return false;
  };
}

/**
 * Head and format of an INSERT whose rows are data; undefined for INSERT … SELECT.
 *
 * Which of the two it is must be beyond doubt, because the engine takes what stands behind the first blank line
 * of inline data for the next statement: so INSERT comes first, and a table called like a clause is quoted.
 * @throws ClickHouseFailure SYNTAX_ERROR or NOT_IMPLEMENTED
 */
export function readInsert(tokens: readonly Token[]): { head: readonly Token[]; format: string } | undefined {
  if (keyword(tokens[0]) !== 'INSERT')
    throw failure('NOT_IMPLEMENTED', 'Begin with INSERT: INSERT INTO t WITH … SELECT ….');
  const into = keyword(tokens[1]) === 'INTO' ? 2 : 1;
  const table = keyword(tokens[into]) === 'TABLE' ? into + 1 : into;
  const name = isSymbol(tokens[table + 1], '.') ? [tokens[table], tokens[table + 2]] : [tokens[table]];
  if (name.some((part) => rowWords.has(keyword(part))))
    throw failure('SYNTAX_ERROR', 'Syntax error: a table of that name must stand in backquotes.');
  const at = findTopLevel(tokens, rowWords);
  if (at < 0) throw failure('SYNTAX_ERROR', 'Syntax error: INSERT needs FORMAT, VALUES or SELECT.');
  if (selectWords.has(keyword(tokens[at]))) return undefined;
  const format = keyword(tokens[at]) === 'VALUES' ? 'Values' : identifier(tokens[at + 1]);
  if (format === undefined) throw failure('SYNTAX_ERROR', 'Syntax error: FORMAT needs a name.');
  if (fatalFormats.has(format.toLowerCase()))
    throw failure(
      'NOT_IMPLEMENTED',
      `Rows in ${format} are not taken: the engine dies of damaged ones. Send Parquet, Arrow or Native.`,
    );
  return { head: tokens.slice(0, at), format };
}
