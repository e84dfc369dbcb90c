import { failure } from './clickhouse-error.ts';
import { checkDefinition } from './create-rules.ts';
import type { Role } from './credentials.ts';
import { forbiddenNames } from './forbidden-functions.ts';
import type { GuardContext } from './guard-context.ts';
import { type InsertFromData, insertDataFollows, readInsert } from './insert-statement.ts';
import { readSet, readUse, type SessionChange } from './session-statement.ts';
import { checkSetting } from './setting-rules.ts';
import { readSettings, settingNames, topLevel } from './sql-clauses.ts';
import { identifier, isSymbol, keyword, type Token, tokenize } from './sql-tokens.ts';
import { namesTemporaryTable, type StatementKind, statementKind, statementVerb } from './statement-kind.ts';

/** What the guard learned about one allowed statement. */
export interface Statement {
  kind: StatementKind;
  /** First keyword, upper case: SELECT, SHOW, CREATE, … */
  verb: string;
  /** The statement without its trailing semicolon and without the settings below. */
  sql: string;
  /** The statement's own top-level SETTINGS as SQL literals; run with SET before it. */
  settings: readonly (readonly [name: string, literal: string])[];
  /** Format named by a FORMAT clause. */
  format: string | undefined;
  /** Present for an INSERT with data, absent for INSERT … SELECT. */
  insert: InsertFromData | undefined;
  /** The query id in `KILL QUERY WHERE query_id = '…'`, which only this server knows. */
  killQueryId?: string | undefined;
  /** What a SET or USE changes, of a statement inside a session. */
  change?: SessionChange | undefined;
  /** Makes or removes a temporary table. */
  temporary?: boolean;
}

/** What a statement's surroundings allow. */
export interface Surroundings {
  parameters?: ReadonlyMap<string, string>;
  /** The request belongs to a session: SET, USE and temporary tables have somewhere to stay. */
  inSession?: boolean;
  /** The statement runs where `readonly=1` cannot stand behind the guard: beside temporary tables. */
  besideTemporaryTables?: boolean;
}

/** SYSTEM commands by their first two words; any other touches files, addresses or the process. */
const systemCommands =
  /^(?:RELOAD (?:DICTIONARY|DICTIONARIES)|(?:START|STOP) (?:MERGES|TTL|MOVES|VIEW|VIEWS)|(?:REFRESH|CANCEL|WAIT) VIEW|(?:DROP|CLEAR) (?:MARK|UNCOMPRESSED|QUERY|INDEX|PRIMARY|COMPILED|MMAP)|FLUSH LOGS|(?:LOAD|UNLOAD) PRIMARY)$/;
const forbiddenAlter = new Set(['FREEZE', 'UNFREEZE', 'FETCH', 'EXPORT', 'UNLOCK']);

function refuse(what: string, remedy: string): never {
  throw failure('ACCESS_DENIED', `${what} is refused for every role: ${remedy}`);
}

function refuseSeveral(): never {
  throw failure('SYNTAX_ERROR', 'Syntax error (Multi-statements are not allowed): send one per request.');
}

const tokenProblems: Record<string, string> = {
  nul: 'a NUL character',
  'non-ascii': 'a character outside ASCII that is not inside quotes',
  unclosed: 'a quote or comment that does not end',
  dollar: 'a $ that is neither part of a name nor of a heredoc',
  literal: 'a hexadecimal or binary literal with other characters in it',
  escape: 'a backslash in a quoted name, or \\x without two hexadecimal digits,',
  character: 'a character that is not part of the language',
};

/** Tokens of the statement without the semicolons at its end; of an INSERT with data only its head. */
function readTokens(sql: string): Token[] {
  const result = tokenize(sql, insertDataFollows());
  if (!result.ok)
    throw failure(
      'SYNTAX_ERROR',
      `Syntax error: the statement has ${tokenProblems[result.reason]} at position ${result.at + 1}.`,
    );
  const tokens = result.tokens;
  while (isSymbol(tokens.at(-1), ';')) tokens.pop();
  if (tokens.length === 0) throw failure('SYNTAX_ERROR', 'Syntax error: empty query.');
  if (tokens.some((token) => isSymbol(token, ';'))) refuseSeveral();
  return tokens;
}

/**
 * Rules that hold at every depth of every statement.
 * @param calls lower-case names that must not be called; `forbiddenNames` must not even be mentioned
 */
function checkEverywhere(tokens: readonly Token[], calls: ReadonlySet<string>): void {
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    const word = keyword(token);
    const next = tokens[i + 1];
    if (isSymbol(token, ';')) refuseSeveral();
    if (word === 'PARALLEL' && keyword(next) === 'WITH')
      refuse('PARALLEL WITH', 'send one statement per request.');
    if (word === 'OUTFILE' && keyword(tokens[i - 1]) === 'INTO')
      refuse('INTO OUTFILE', 'read the response instead.');
    if (word === 'INFILE' && keyword(tokens[i - 1]) === 'FROM')
      refuse('FROM INFILE', 'send the rows as the body.');
    const name = identifier(token);
    if (name === undefined) continue;
    if (isSymbol(next, '(') && calls.has(name.toLowerCase()))
      refuse(
        `Function ${name}()`,
        'it reaches files, addresses or runs text as SQL; insert the data instead.',
      );
    if (forbiddenNames.has(name.toLowerCase()))
      refuse(`The name ${name}`, 'a function of that name reaches files or addresses; call it otherwise.');
  }
}

/** Names that come as parameters (`{x:Identifier}`) may call a function too: `arrayMap({x:Identifier}, …)`. */
function checkNamesInParameters(tokens: readonly Token[], parameters: ReadonlyMap<string, string>): void {
  for (let i = 0; i + 3 < tokens.length; i++) {
    if (!isSymbol(tokens[i], '{') || !isSymbol(tokens[i + 2], ':')) continue;
    const value = parameters.get(identifier(tokens[i + 1]) ?? '');
    if (keyword(tokens[i + 3]) !== 'IDENTIFIER' || value === undefined) continue;
    if (
      value.includes('\\') ||
      value
        .toLowerCase()
        .split('.')
        .some((part) => forbiddenNames.has(part))
    )
      refuse(`The name ${value.slice(0, 80)} as a parameter`, 'call a table or column otherwise.');
  }
}

/** Takes the top-level SETTINGS clauses out of a statement and checks every setting. */
function takeSettings(sql: string, tokens: readonly Token[]): Pick<Statement, 'sql' | 'settings'> {
  const settings: (readonly [string, string])[] = [];
  let rest = '';
  let from = tokens[0]?.start ?? 0;
  for (const i of topLevel(tokens)) {
    if (keyword(tokens[i]) !== 'SETTINGS') continue;
    const clause = readSettings(sql, tokens, i + 1);
    if (clause === undefined) continue;
    settings.push(...clause.values);
    rest += `${sql.slice(from, tokens[i - 1]?.end)}\n`;
    from = tokens[clause.end]?.start ?? tokens.at(-1)?.end ?? sql.length;
  }
  return { sql: rest + sql.slice(from, tokens.at(-1)?.end), settings };
}

/** Every setting at any depth is harmless; `extra` are names allowed besides (a table's own settings). */
function checkSettings(tokens: readonly Token[], context: GuardContext, extra?: ReadonlySet<string>): void {
  for (const { name, assigned } of settingNames(tokens)) {
    // `SETTINGS name` without a value means 1, but the two words can also be ordinary names.
    if (!assigned && !context.settings.has(name)) continue;
    if (extra?.has(name)) continue;
    checkSetting(name, context.settings);
  }
}

/**
 * A format's name, which goes into SQL as it is.
 * @throws ClickHouseFailure BAD_ARGUMENTS for anything but a word
 */
export function formatName(name: string): string {
  if (/^[A-Za-z]\w{0,63}$/.test(name)) return name;
  throw failure('BAD_ARGUMENTS', 'The name of a format is one word, such as JSONEachRow.');
}

/** Format of a FORMAT clause at the end. */
function trailingFormat(tokens: readonly Token[]): string | undefined {
  let format: string | undefined;
  for (const i of topLevel(tokens)) {
    const next = tokens[i + 2];
    if (keyword(tokens[i]) === 'FORMAT' && (next === undefined || keyword(next) === 'SETTINGS'))
      format = identifier(tokens[i + 1]);
  }
  return format === undefined ? undefined : formatName(format);
}

function checkChange(verb: string, tokens: readonly Token[], context: GuardContext): void {
  if (verb === 'SYSTEM') {
    const command = `${keyword(tokens[1])} ${keyword(tokens[2])}`;
    if (!systemCommands.test(command))
      refuse(`SYSTEM ${command.trim()}`, 'it concerns files or the process.');
  }
  if (['DETACH', 'DROP', 'RENAME'].includes(verb) && keyword(tokens[1]) === 'DATABASE')
    for (const token of tokens)
      if (identifier(token)?.toLowerCase() === 'default')
        refuse(`${verb} DATABASE default`, 'the store cannot open without it; drop its tables instead.');
  if (verb === 'ALTER')
    for (const token of tokens)
      if (forbiddenAlter.has(keyword(token)))
        refuse(`ALTER … ${keyword(token)}`, 'copy the data with INSERT … SELECT.');
  const defines = verb === 'CREATE' || verb === 'ALTER' || verb === 'ATTACH';
  checkSettings(tokens, context, defines ? context.tableSettings : undefined);
  if (defines)
    checkDefinition(verb, tokens, (nested) => {
      const inner = readTokens(nested);
      checkEverywhere(inner, context.forbiddenFunctions);
      checkSettings(inner, context);
    });
}

/**
 * Decides whether a role may run a statement, and takes it apart for running.
 *
 * For every role only one statement per request, nothing that touches files or addresses, no setting that
 * lifts a limit. `writer` may read and insert, and in a session have temporary tables; `reader` only reads. The
 * engine's own `readonly=1` stands behind this for everything that reads, except beside temporary tables.
 * @throws ClickHouseFailure SYNTAX_ERROR, ACCESS_DENIED, READONLY or NOT_IMPLEMENTED, with what to do instead
 */
export function guardStatement(
  sql: string,
  role: Role,
  context: GuardContext,
  surroundings: Surroundings = {},
): Statement {
  const tokens = readTokens(sql);
  const verb = statementVerb(tokens);
  const kind = statementKind(verb, tokens[0], surroundings.inSession === true);
  const walled = kind === 'read' && surroundings.besideTemporaryTables !== true;
  checkEverywhere(tokens, walled ? context.forbiddenWhenReading : context.forbiddenFunctions);
  checkNamesInParameters(tokens, surroundings.parameters ?? new Map());
  const temporary = kind === 'change' && namesTemporaryTable(verb, tokens);
  checkRole(role, kind, verb, temporary);
  if (kind === 'insert' && tokens.slice(0, 4).some((token) => keyword(token) === 'FUNCTION'))
    refuse('INSERT INTO FUNCTION', 'name a table.');
  const text = sql.slice(tokens[0]?.start, tokens.at(-1)?.end);
  const whole = { kind, verb, sql: text, settings: [], insert: undefined };
  if (kind === 'session')
    return {
      ...whole,
      format: undefined,
      change: verb === 'SET' ? readSet(sql, tokens, context.settings) : readUse(tokens),
    };
  if (kind === 'change') {
    if (temporary && surroundings.inSession !== true)
      throw failure(
        'NOT_IMPLEMENTED',
        'A temporary table ends with the request that made it; send a session_id with each request, or use a CTE.',
      );
    checkChange(verb, tokens, context);
    return { ...whole, format: trailingFormat(tokens), temporary };
  }
  checkSettings(tokens, context);
  const insert = kind === 'insert' ? insertFromData(sql, tokens) : undefined;
  const format = insert === undefined ? trailingFormat(tokens) : undefined;
  const killQueryId = kind === 'kill' ? queryIdToKill(tokens) : undefined;
  return { kind, verb, ...takeSettings(sql, tokens), format, insert, killQueryId };
}

/** @throws ClickHouseFailure READONLY when the role may not run this kind of statement */
function checkRole(role: Role, kind: StatementKind, verb: string, temporary: boolean): void {
  if (kind === 'read' || kind === 'session' || role === 'admin') return;
  if (role === 'writer' && (kind === 'insert' || temporary)) return;
  const may = role === 'reader' ? 'it may only read' : 'it may read and insert';
  throw failure('READONLY', `User '${role}' cannot run ${verb}: ${may}. Not enough privileges.`);
}

/** The data part of an INSERT, undefined for INSERT … SELECT. */
function insertFromData(sql: string, tokens: readonly Token[]): InsertFromData | undefined {
  const parts = readInsert(tokens);
  if (parts === undefined) return undefined;
  return {
    head: takeSettings(sql, parts.head).sql,
    format: formatName(parts.format),
    inlineData: sql.slice(tokens.at(-1)?.end),
  };
}

function queryIdToKill(tokens: readonly Token[]): string | undefined {
  const [kill, query, where, column, equals, value, mode, more] = tokens;
  const words = [kill, query, where, column].map(keyword).join(' ');
  const whole = more === undefined && /^(?:|SYNC|ASYNC)$/.test(keyword(mode)) && mode?.kind !== 'symbol';
  return words === 'KILL QUERY WHERE QUERY_ID' && isSymbol(equals, '=') && value?.kind === 'string' && whole
    ? value.value
    : undefined;
}

/** Whether inline rows of an INSERT … VALUES, read as SQL, call nothing that is forbidden. */
export function guardValues(data: string, context: GuardContext): boolean {
  const result = tokenize(data);
  if (!result.ok) return false;
  while (isSymbol(result.tokens.at(-1), ';')) result.tokens.pop();
  checkEverywhere(result.tokens, context.forbiddenFunctions);
  checkSettings(result.tokens, context);
  return true;
}
