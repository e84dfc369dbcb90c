/**
 * Text from clients as code inside a table cell: whatever it holds, it stays one cell of one line. Bars have to be
 * escaped there even inside code (GitHub Flavored Markdown, tables extension).
 */
export function code(value: string): string {
  const visible = value
    .replace(/[\p{Cc}\u2028\u2029]/gu, '\ufffd')
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|');
  if (visible.trim() === '') return '(empty)';
  const longest = Math.max(0, ...[...visible.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  const space = longest > 0 ? ' ' : '';
  return `${fence}${space}${visible}${space}${fence}`;
}

/** A table; cells are Markdown already. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n');
}
