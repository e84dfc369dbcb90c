const empty = new Set(['meta', 'link', 'img', 'input', 'br', 'hr']);
const token =
  /<!doctype html>|<!--[\s\S]*?-->|<(\/?)([a-z][a-z0-9]*)((?:\s+[a-z][a-z-]*(?:="[^"<]*")?)*)\s*(\/?)>|<|[^<]+/gi;

/**
 * What is wrong with a page's markup: elements that are not closed in turn, attributes without quotes, stray
 * `<`, ids that stand twice, and script where a page without scripts would need none (`javascript:`, `on…=`).
 */
export function htmlProblems(html: string): string[] {
  const problems: string[] = [];
  const open: string[] = [];
  const ids = new Set<string>();
  // Scripts and styles of the site are files: no element here holds text that is not HTML.
  for (const [whole, closing, name = '', attributes = '', selfClosed] of html.matchAll(token)) {
    if (whole === '<') problems.push(`a stray < in ${open.join(' ')}`);
    if (name === '') continue;
    if (closing) {
      const last = open.pop();
      if (last !== name) problems.push(`</${name}> closes <${last ?? 'nothing'}>`);
    } else if (!empty.has(name) && !selfClosed) open.push(name);
    const id = /\sid="([^"]*)"/.exec(attributes)?.[1];
    if (id !== undefined && ids.has(id)) problems.push(`the id ${id} stands twice`);
    if (id !== undefined) ids.add(id);
    if (/\son[a-z]+=|"javascript:/i.test(attributes)) problems.push(`<${name}> needs scripts`);
  }
  if (open.length > 0) problems.push(`not closed: ${open.join(' ')}`);
  return problems;
}
