import { identifier, isSymbol, keyword, type Token } from './sql-tokens.ts';

const opening = (token: Token | undefined): boolean =>
  isSymbol(token, '(') || isSymbol(token, '[') || isSymbol(token, '{');
const closingBracket = (token: Token | undefined): boolean =>
  isSymbol(token, ')') || isSymbol(token, ']') || isSymbol(token, '}');

/** Index of the token that closes the bracket opened at `open`; the number of tokens if none does. */
export function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    if (opening(tokens[i])) depth++;
    else if (closingBracket(tokens[i]) && --depth === 0) return i;
  }
  return tokens.length;
}

/** Indexes of the tokens outside every bracket; of a bracket only the opening one. */
export function* topLevel(tokens: readonly Token[], from = 0): Generator<number> {
  for (let i = from; i < tokens.length; i++) {
    yield i;
    if (opening(tokens[i])) i = closing(tokens, i);
  }
}

/** Index of the first top-level keyword of `words`, -1 if there is none. */
export function findTopLevel(tokens: readonly Token[], words: ReadonlySet<string>, from = 0): number {
  for (const i of topLevel(tokens, from)) if (words.has(keyword(tokens[i]))) return i;
  return -1;
}

/** A SETTINGS clause: names with their values as SQL literals, and the index of the token behind it. */
export interface SettingsClause {
  end: number;
  values: [name: string, literal: string][];
}

/** Index of the last token of the literal that begins at `start`: `'x'`, `-1.5`, `1e3`, `[…]`, `{…}`, `true`. */
function endOfLiteral(tokens: readonly Token[], start: number): number {
  let end = isSymbol(tokens[start], '-') || isSymbol(tokens[start], '+') ? start + 1 : start;
  if (opening(tokens[end])) return closing(tokens, end);
  for (;;) {
    const next = tokens[end + 1];
    const continues = next?.kind === 'number' || next?.kind === 'word' || isSymbol(next, '.');
    if (!continues || next?.start !== tokens[end]?.end) return end;
    end++;
  }
}

/** Reads `a = 1, b = 'x'` from token `start` on (behind SETTINGS); undefined if it is something else. */
export function readSettings(
  sql: string,
  tokens: readonly Token[],
  start: number,
): SettingsClause | undefined {
  const values: [string, string][] = [];
  for (let i = start; ; ) {
    const name = identifier(tokens[i]);
    const first = tokens[i + 2];
    if (name === undefined || !isSymbol(tokens[i + 1], '=') || first === undefined) return undefined;
    const last = endOfLiteral(tokens, i + 2);
    const end = tokens[last];
    if (end === undefined) return undefined;
    values.push([name, sql.slice(first.start, end.end)]);
    if (!isSymbol(tokens[last + 1], ',')) return { end: last + 1, values };
    i = last + 2;
  }
}

/**
 * Every name that a SETTINGS or MODIFY SETTING clause at any depth sets, also in the forms `SETTINGS(a = 1)` and
 * `SETTINGS a` (which means 1), and in clauses that are cut short. Some may be ordinary names.
 */
export function* settingNames(tokens: readonly Token[]): Generator<{ name: string; assigned: boolean }> {
  for (let i = 0; i < tokens.length; i++) {
    const word = keyword(tokens[i]);
    if (word !== 'SETTINGS' && word !== 'SETTING') continue;
    let at = isSymbol(tokens[i + 1], '(') ? i + 2 : i + 1;
    for (;;) {
      const name = identifier(tokens[at]);
      if (name === undefined) break;
      const assigned = isSymbol(tokens[at + 1], '=');
      yield { name, assigned };
      const behind = assigned ? endOfLiteral(tokens, at + 2) + 1 : at + 1;
      if (!isSymbol(tokens[behind], ',')) break;
      at = behind + 1;
    }
  }
}
