import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { server } from '../network.ts';
import { ownProgram } from './builds.ts';
import { words } from './command-line.ts';
import type { ProgramKind } from './kind.ts';
import { program, pythonModule } from './needs.ts';
import { scratchOf } from './scratch.ts';
import { node } from './scripts.ts';

const site = `https://${server.name}`;
const python = '/usr/bin/python3';
const robot = { label: 'robot', origin: 'address' } as const;

/** The same command again and again: a visit every so many seconds, `amount` times. */
const repeat = (amount: number, seconds: number) => [
  ...['sh', ownProgram('repeat.sh'), String(amount), seconds.toFixed(2)],
];

/** Keeps its cache between reloads, so that later ones are conditional. */
const newsboat: ProgramKind = {
  ...robot,
  needs: [program('newsboat')],
  agent: /^newsboat\//,
  amounts: [3, 15],
  async command({ amount, host }, around) {
    const folder = join(scratchOf(host, around), 'newsboat');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'urls'), `${site}/feed.xml\n`);
    await writeFile(join(folder, 'config'), 'reload-threads 1\n');
    const files = ['-u', join(folder, 'urls'), '-c', join(folder, 'cache.db'), '-C', join(folder, 'config')];
    return [
      ...['env', `CURL_CA_BUNDLE=${around.authority}`, ...repeat(amount, 45 / around.speed)],
      ...['newsboat', '-q', ...files, '-x', 'reload'],
    ];
  },
};

const feedparser: ProgramKind = {
  ...robot,
  needs: [program(python, 'python3'), pythonModule('feedparser')],
  agent: /^ExampleReader\/4\.1 /,
  amounts: [3, 15],
  command: async ({ amount }, { authority, speed }) => [
    ...['env', `SSL_CERT_FILE=${authority}`, python, ownProgram('feedparser_reader.py')],
    ...[site, (30 / speed).toFixed(2), String(amount)],
  ],
};

const feedReader: ProgramKind = {
  ...robot,
  needs: [program(python, 'python3')],
  agent: /^ExampleReader\/3\.2 /,
  amounts: [3, 15],
  command: async ({ amount }, { authority, speed }) => [
    ...[python, ownProgram('feed_reader.py'), authority, site, (45 / speed).toFixed(2), String(amount)],
  ],
};

const probe: ProgramKind = {
  ...robot,
  needs: [program('curl')],
  agent: /^ExampleMonitor\/2\.0 /,
  amounts: [5, 20],
  command: async ({ amount }, { authority, speed }) => [
    ...[
      ...repeat(amount, 30 / speed),
      ...words('curl -sf --head --http1.1 -o /dev/null --cacert'),
      authority,
    ],
    ...['-A', 'ExampleMonitor/2.0 (uptime probe)', `${site}/`],
  ],
};

const plugin = '/usr/lib/nagios/plugins/check_http';

/** Half of them look at a product; some look for a word on the page. */
const checkHttp: ProgramKind = {
  ...robot,
  needs: [program(plugin, 'monitoring-plugins-basic')],
  agent: /^check_http\//,
  amounts: [5, 20],
  command: async ({ amount, seed }, { speed }) => [
    ...[...repeat(amount, 20 / speed), plugin, ...words(`-H ${server.name} -S --sni -t 20 -u`)],
    ...[seed % 2 ? '/' : '/product/101.html', ...(seed % 3 ? [] : ['-s', 'Example'])],
  ],
};

const linkchecker: ProgramKind = {
  ...robot,
  needs: [program('linkchecker')],
  agent: /LinkChecker\//,
  amounts: [1, 2],
  // 1: it found a broken link.
  exits: [0, 1],
  async command({ amount, host }, around) {
    const folder = scratchOf(host, around);
    const file = join(folder, 'linkcheckerrc');
    await mkdir(folder, { recursive: true });
    const pace = `maxrequestspersecond=${Math.max(2, Math.round(4 * around.speed))}\nthreads=4\naborttimeout=3`;
    const bounds = `recursionlevel=${amount}\nmaxrunseconds=40`;
    await writeFile(file, `[checking]\nsslverify=${around.authority}\n${pace}\n${bounds}\n`);
    return ['linkchecker', '-f', file, '--no-status', '-o', 'none', `${site}/`];
  },
};

/** Looks whether the pages of the shop that somebody links to are still there. */
const wgetSpider: ProgramKind = {
  ...robot,
  needs: [program('wget')],
  agent: /^ExampleLinkCheck\/1\.4 /,
  amounts: [10, 40],
  exits: [0, 8],
  command: async ({ amount, seed }, { authority, speed }) => [
    ...['wget', '-q', '--spider', `--ca-certificate=${authority}`, `--wait=${(1.5 / speed).toFixed(2)}`],
    ...['-U', 'ExampleLinkCheck/1.4 (+https://links.example/about)', `${site}/`],
    ...Array.from({ length: amount - 1 }, (_, i) => `${site}/product/${100 + ((seed + i * 7) % 48)}.html`),
  ],
};

const crawler: ProgramKind = {
  ...robot,
  needs: [program(python, 'python3'), pythonModule('requests')],
  agent: /^ExampleBot\/1\.0 /,
  amounts: [20, 80],
  command: async ({ amount, seed }, { authority, speed }) => [
    ...[python, ownProgram('crawler.py'), authority, site, String(seed), String(speed), String(amount)],
  ],
};

const sitemapCrawler: ProgramKind = {
  ...robot,
  needs: [],
  agent: /^Mozilla\/5\.0 \(compatible; ExampleSearch\/2\.1; /,
  amounts: [20, 80],
  command: async ({ amount, seed }, { authority, speed }) => [
    ...['env', `NODE_EXTRA_CA_CERTS=${authority}`, ...node, ownProgram('sitemap-crawler.js')],
    ...[site, String(seed), String(speed), String(amount)],
  ],
};

/** Programs that say who they are and mean well. */
export const robots = {
  newsboat,
  feedparser,
  'feed-reader': feedReader,
  probe,
  'check-http': checkHttp,
  linkchecker,
  'wget-spider': wgetSpider,
  crawler,
  'sitemap-crawler': sitemapCrawler,
} as const satisfies Record<string, ProgramKind>;
