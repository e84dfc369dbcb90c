/**
 * The statements of one of our own SQL files, without trailing semicolons and without comments around them.
 * A semicolon inside a string, a quoted identifier or a comment does not end a statement. Comments inside a
 * statement stay in it.
 */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let at = 0;
  let hasCode = false;
  const finish = (end: number) => {
    if (hasCode) statements.push(sql.slice(start, end).trim());
    hasCode = false;
  };
  while (at < sql.length) {
    const next = skipCommentOrSpace(sql, at);
    if (next > at) {
      at = next;
      if (!hasCode) start = at;
    } else if (sql[at] === ';') {
      finish(at);
      at += 1;
      start = at;
    } else {
      hasCode = true;
      at = skipToken(sql, at);
    }
  }
  finish(sql.length);
  return statements;
}

/**
 * The same text, of the same length, with blanks in place of comments and of quoted text (the quotes stay), so
 * that what is found in it is SQL and stands at the same place in the original.
 */
export function maskedSql(sql: string): string {
  let mask = '';
  let at = 0;
  while (at < sql.length) {
    const next = skipCommentOrSpace(sql, at);
    if (next > at) {
      mask += ' '.repeat(next - at);
      at = next;
      continue;
    }
    const end = skipToken(sql, at);
    const quote = sql[at] ?? '';
    if (end - at === 1) mask += quote;
    else mask += quote + ' '.repeat(end - at - 2) + (sql[end - 1] === quote ? quote : ' ');
    at = end;
  }
  return mask;
}

/** Where the comment or white space at `at` ends; `at` itself if there is none. */
function skipCommentOrSpace(sql: string, at: number): number {
  if (/\s/.test(sql[at] ?? '')) return at + 1;
  if (sql.startsWith('--', at)) return endOf(sql, '\n', at);
  if (sql.startsWith('/*', at)) return endOf(sql, '*/', at + 2);
  return at;
}

/** Where the quoted text or the single character at `at` ends. */
function skipToken(sql: string, at: number): number {
  const quote = sql[at];
  if (quote !== "'" && quote !== '"' && quote !== '`') return at + 1;
  let end = at + 1;
  while (end < sql.length && sql[end] !== quote) end += sql[end] === '\\' ? 2 : 1;
  return Math.min(end + 1, sql.length);
}

function endOf(sql: string, mark: string, from: number): number {
  const found = sql.indexOf(mark, from);
  return found < 0 ? sql.length : found + mark.length;
}
