/**
 * Follows every link, picture, script, style and form target of a site, as nobody does. As a program (argument:
 * origin) it prints the outcome as JSON, for sites that are only to be reached from inside a namespace.
 */

export interface Fetched {
  readonly status: number;
  readonly type: string;
  readonly location: string | null;
  readonly body: string;
}

export type FetchPath = (path: string) => Promise<Fetched>;

export interface Crawled {
  /** Path with query → what was there; redirects are followed and kept too. */
  readonly pages: ReadonlyMap<string, Fetched>;
  /** A line for every path that was linked and is not there. */
  readonly problems: readonly string[];
}

const fromHtml = /\s(?:href|src|action)="([^"]*)"/g;
const fromSets = /\ssrcset="([^"]*)"/g;
const fromStyles = /url\(([^)]+)\)/g;
const fromXml = /<(?:loc|link|guid)>([^<]+)</g;
const fromJson = /"src":"([^"]+)"/g;
const fromRobots = /^Sitemap: (.*)$/gm;
/** What the site's scripts ask for; they complete the address themselves. */
const fromScripts = /fetch\('([^'?]+)'[,)]/g;

/** Whatever a document refers to, as it stands there. */
function references({ type, body }: Fetched): string[] {
  const all = (pattern: RegExp) => [...body.matchAll(pattern)].map((match) => match[1] ?? '');
  if (type.startsWith('text/html')) {
    const sets = all(fromSets).flatMap((set) => set.split(',').map((one) => one.trim().split(' ')[0] ?? ''));
    return [...all(fromHtml), ...sets].map((reference) => reference.replaceAll('&amp;', '&'));
  }
  if (type.startsWith('text/css')) return all(fromStyles);
  if (type.includes('xml')) return all(fromXml);
  if (type.includes('javascript')) return all(fromScripts);
  if (type.includes('manifest')) return all(fromJson);
  return type.startsWith('text/plain') ? all(fromRobots) : [];
}

/** Paths that only make sense with a form's fields. */
const wantsFields = ['/newsletter', '/comment', '/logout'];

/** Requests at one time. */
const atOnce = 8;

const known = ['/', '/robots.txt', '/sitemap.xml', '/opensearch.xml', '/.well-known/security.txt', '/report'];

/** Follows everything that is linked from the pages everybody knows; `origin` marks full addresses of the site. */
export async function crawl(fetchPath: FetchPath, origin: string): Promise<Crawled> {
  const pages = new Map<string, Fetched>();
  const problems: string[] = [];
  const asked = new Set<string>(wantsFields);
  const waiting: { path: string; from: string }[] = [];
  const ask = (path: string, from: string) => {
    if (!asked.has(path)) waiting.push({ path, from });
    asked.add(path);
  };
  const look = async ({ path, from }: { path: string; from: string }) => {
    const fetched = await fetchPath(path);
    pages.set(path, fetched);
    const follow = (reference: string) => {
      const target = new URL(reference, new URL(path, origin));
      if (target.origin === origin) ask(target.pathname + target.search, path);
    };
    if (fetched.status >= 300 && fetched.status < 400 && fetched.location) follow(fetched.location);
    else if (fetched.status !== 200) problems.push(`${path}, linked from ${from}: ${fetched.status}`);
    for (const reference of references(fetched)) follow(reference);
  };
  for (const path of known) ask(path, 'the beginning');
  while (waiting.length > 0) await Promise.all(waiting.splice(0, atOnce).map(look));
  return { pages, problems };
}

/** Fetches without cookies and without following redirects. */
export function fetchFrom(base: string): FetchPath {
  return async (path) => {
    const answer = await fetch(base + path, { redirect: 'manual' });
    const type = answer.headers.get('content-type') ?? '';
    return {
      status: answer.status,
      type,
      location: answer.headers.get('location'),
      body: await answer.text(),
    };
  };
}

if (import.meta.main) {
  const origin = process.argv[2] ?? '';
  const { pages, problems } = await crawl(fetchFrom(origin), origin);
  const statuses = Object.fromEntries([...pages].map(([path, { status }]) => [path, status]));
  process.stdout.write(JSON.stringify({ statuses, problems }));
}
