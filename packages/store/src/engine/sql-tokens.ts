/** What a token of a ClickHouse statement is. Comments and white space are dropped. */
type TokenKind = 'word' | 'number' | 'string' | 'quoted' | 'symbol';

/**
 * One token. `value` is the word as written, a string's or quoted identifier's unescaped content,
 * or the one character of a symbol; `start`/`end` are UTF-16 offsets into the statement.
 */
export interface Token {
  kind: TokenKind;
  value: string;
  start: number;
  end: number;
}

export type TokenResult =
  | { ok: true; tokens: Token[] }
  | {
      ok: false;
      reason: 'nul' | 'non-ascii' | 'unclosed' | 'dollar' | 'literal' | 'escape' | 'character';
      at: number;
    };

const wordStart = /[A-Za-z_]/;
const wordPart = /[\w$]/;
const space = /[ \t\n\r\f\v]/;
const symbols = new Set('()[]{}.,;:*+-/%<>=!?|&^@~');

const escapes: Record<string, string> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  a: '\x07',
  e: '\x1b',
  '0': '\0',
  N: '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '/': '/',
  '=': '=',
};

/**
 * Content of a quoted run without its quotes: backslash escapes and doubled quotes resolved as the engine does
 * (ReadHelpers.cpp, parseComplexEscapeSequence): `\\N` is nothing, an unknown escape keeps its backslash.
 * Undefined for `\\x` without two hexadecimal digits, which the engine turns into other characters.
 */
function unquote(body: string, quote: string): string | undefined {
  let out = '';
  for (let i = 0; i < body.length; i++) {
    const c = body[i]!;
    if (c === '\\' && i + 1 < body.length) {
      const next = body[++i]!;
      if (next === 'x') {
        const hex = /^[0-9a-fA-F]{2}/.exec(body.slice(i + 1, i + 3))?.[0];
        if (hex === undefined) return undefined;
        out += String.fromCharCode(Number.parseInt(hex, 16));
        i += 2;
      } else out += escapes[next] ?? `\\${next}`;
    } else {
      out += c;
      if (c === quote) i++;
    }
  }
  return out;
}

/** Offset behind the closing quote, or -1. A backslash hides the next character, a doubled quote is content. */
function endOfQuoted(sql: string, start: number, quote: string): number {
  for (let i = start + 1; i < sql.length; i++) {
    const c = sql[i];
    if (c === '\\') i++;
    else if (c === quote) {
      if (sql[i + 1] === quote) i++;
      else return i + 1;
    }
  }
  return -1;
}

/** Offset behind a block comment, which nests (ClickHouse Lexer.cpp), or -1. */
function endOfComment(sql: string, start: number): number {
  let depth = 1;
  for (let i = start + 2; i + 1 < sql.length; ) {
    if (sql[i] === '/' && sql[i + 1] === '*') {
      depth++;
      i += 2;
    } else if (sql[i] === '*' && sql[i + 1] === '/') {
      depth--;
      i += 2;
      if (depth === 0) return i;
    } else i++;
  }
  return -1;
}

/**
 * Splits a statement as ClickHouse's lexer does (src/Parsers/Lexer.cpp), or refuses it.
 * Where the two could disagree this one errs to the side of more words and of refusal: a number never
 * swallows letters, characters outside ASCII are accepted only inside quotes and comments (the engine's
 * lexer knows Unicode spaces and quotes), a heredoc only where it is unambiguous. What this function takes
 * for a string or a comment is one for the engine too.
 * @param stop asked after every token; tokenizing ends there when it says so (data follows, not SQL)
 */
export function tokenize(sql: string, stop: (token: Token) => boolean = () => false): TokenResult {
  const tokens: Token[] = [];
  let stopped = false;
  const push = (kind: TokenKind, value: string, start: number, end: number): number => {
    const token = { kind, value, start, end };
    tokens.push(token);
    stopped = stop(token);
    return end;
  };
  const nul = sql.indexOf('\0');
  if (nul >= 0) return { ok: false, reason: 'nul', at: nul };
  let i = 0;
  while (i < sql.length && !stopped) {
    const c = sql[i]!;
    if (space.test(c)) i++;
    else if ((c === '-' && sql[i + 1] === '-') || (c === '#' && (sql[i + 1] === ' ' || sql[i + 1] === '!'))) {
      const newline = sql.indexOf('\n', i);
      i = newline < 0 ? sql.length : newline + 1;
    } else if (c === '/' && sql[i + 1] === '*') {
      const end = endOfComment(sql, i);
      if (end < 0) return { ok: false, reason: 'unclosed', at: i };
      i = end;
    } else if (c === "'" || c === '"' || c === '`') {
      const end = endOfQuoted(sql, i, c);
      if (end < 0) return { ok: false, reason: 'unclosed', at: i };
      // A name written with escapes has no use but to look like another one.
      if (c !== "'" && sql.slice(i, end).includes('\\')) return { ok: false, reason: 'escape', at: i };
      const value = unquote(sql.slice(i + 1, end - 1), c);
      if (value === undefined) return { ok: false, reason: 'escape', at: i };
      i = push(c === "'" ? 'string' : 'quoted', value, i, end);
    } else if (wordStart.test(c)) {
      let end = i + 1;
      while (end < sql.length && wordPart.test(sql[end]!)) end++;
      // x'…' and b'…' know no backslash in the engine: only contents where that makes no difference.
      if (end === i + 1 && /[xb]/i.test(c) && sql[end] === "'" && !/^'[0-9a-f]*'/i.test(sql.slice(end)))
        return { ok: false, reason: 'literal', at: i };
      i = push('word', sql.slice(i, end), i, end);
    } else if (c >= '0' && c <= '9') {
      let end = i + 1;
      while (end < sql.length && sql[end]! >= '0' && sql[end]! <= '9') end++;
      if (sql[end] === '$') return { ok: false, reason: 'dollar', at: end };
      i = push('number', sql.slice(i, end), i, end);
    } else if (c === '$') {
      const tag = /^\$\w*\$/.exec(sql.slice(i, i + 66))?.[0];
      const close = tag === undefined ? -1 : sql.indexOf(tag, i + tag.length);
      if (tag === undefined || close < 0) return { ok: false, reason: 'dollar', at: i };
      i = push('string', sql.slice(i + tag.length, close), i, close + tag.length);
    } else if (symbols.has(c)) i = push('symbol', c, i, i + 1);
    else return { ok: false, reason: c > '\x7f' ? 'non-ascii' : 'character', at: i };
  }
  return { ok: true, tokens };
}

/** The token as an upper-case keyword, '' for anything that is not a bare word. */
export function keyword(token: Token | undefined): string {
  return token?.kind === 'word' ? token.value.toUpperCase() : '';
}

/** The token as an identifier (bare or quoted), undefined for anything else. */
export function identifier(token: Token | undefined): string | undefined {
  return token?.kind === 'word' || token?.kind === 'quoted' ? token.value : undefined;
}

/** Whether the token is this symbol. */
export function isSymbol(token: Token | undefined, value: string): boolean {
  return token?.kind === 'symbol' && token.value === value;
}
