/** Values of query parameters; `undefined` and empty lists leave the parameter out. */
export type LinkQuery = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** A link inside this site. Path segments from outside go through `segment` first. */
export function linkTo(path: string, query: LinkQuery = {}): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    const values = Array.isArray(value) ? value : value === undefined ? [] : [String(value)];
    for (const item of values) pairs.push(`${encodeURIComponent(name)}=${encoded(item)}`);
  }
  return pairs.length > 0 ? `${path}?${pairs.join('&')}` : path;
}

/** Any text as one segment of a path. A lone surrogate, which cannot be encoded, becomes U+FFFD. */
export function segment(text: string): string {
  const safe = encoded(text);
  // "." and ".." would be resolved away by the browser.
  return /^\.{1,2}$/.test(safe) ? safe.replaceAll('.', '%2E') : safe;
}

/** Addresses and fingerprints stay readable: `:` and `,` need no escape in a path or a query. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll('%3A', ':').replaceAll('%2C', ',');
}
