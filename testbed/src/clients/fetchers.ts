import { join } from 'node:path';
import { server } from '../network.ts';
import { randomFrom } from '../random.ts';
import { ownProgram } from './builds.ts';
import { words } from './command-line.ts';
import { paces, writeErrand } from './errand.ts';
import type { Appearance, ProgramKind, Surroundings } from './kind.ts';
import { program, pythonModule } from './needs.ts';
import { pretence } from './pretence.ts';
import { scratchOf } from './scratch.ts';

const site = `https://${server.name}`;
function browserAgent(seed: number): string {
  return pretence('agent', randomFrom(seed))[0]?.[1] ?? 'Mozilla/5.0';
}

/** A new curl, and so a new connection, for every page. */
const curlLoop: ProgramKind = {
  label: 'bot',
  needs: [program('curl')],
  agent: /^curl\//,
  amounts: [10, 40],
  origin: 'address',
  command: async (appearance, around) => [
    ...['sh', ownProgram('curl-loop.sh'), around.authority, site],
    await writeErrand(appearance, around, { pace: paces.brisk }),
  ],
};

/** One curl that counts ids upwards over a kept HTTP/1.1 connection, under a browser's name. */
const curlRange: ProgramKind = {
  label: 'bot',
  needs: [program('curl')],
  agent: /^Mozilla\/5\.0 /,
  amounts: [10, 60],
  origin: 'address',
  async command({ seed, amount }, { authority, speed }) {
    const first = 100 + (seed % 30);
    return [
      ...['curl', '-s', '--http1.1', '--compressed', '--cacert', authority, '-A', browserAgent(seed)],
      ...['--rate', `${Math.ceil(3 * speed)}/s`, '-o', '/dev/null'],
      `${site}/product/[${first}-${first + amount - 1}].html`,
    ];
  },
};

/** Half of them ask robots.txt, as wget does unless it is told not to. */
const wgetMirror: ProgramKind = {
  label: 'bot',
  needs: [program('wget')],
  agent: /^Wget\//,
  amounts: [1, 2],
  origin: 'address',
  // 8: some page answered with an error.
  exits: [0, 8],
  command: async ({ amount, seed }, { authority, speed }) => [
    ...words(
      `wget -q --mirror --delete-after -Q ${amount * 400}k --level=${amount} --wait=${0.3 / speed} --random-wait`,
    ),
    ...(seed % 2 ? ['-e', 'robots=off'] : []),
    ...(seed % 3 ? ['--page-requisites'] : []),
    ...[`--ca-certificate=${authority}`, `${site}/`],
  ],
};

/** About a file or two a second, which is its own pace; ends after seconds, because it cannot count files. */
const httrack: ProgramKind = {
  label: 'bot',
  needs: [program('httrack')],
  agent: /HTTrack/,
  amounts: [10, 40],
  origin: 'address',
  command: async ({ amount, seed, host }, around) => [
    ...['httrack', `${site}/`, '-O', join(scratchOf(host, around), 'mirror'), '-q', '-I0', '-r3', '-c4'],
    ...['--disable-security-limits', '-A1000000', '-%c8', `-E${Math.ceil(amount / 2)}`],
    ...(seed % 2 ? ['-s0'] : []),
    ...(seed % 3 ? ['-*.ttf'] : []),
  ],
};

/** Takes the pictures, four at a time. */
const aria2: ProgramKind = {
  label: 'bot',
  needs: [program('aria2c', 'aria2')],
  agent: /^aria2\//,
  amounts: [10, 60],
  origin: 'address',
  async command({ amount, seed, host }, around) {
    const first = 100 + (seed % 20);
    const range = `[${first}-${first + Math.min(amount, 70) - 1}]`;
    return [
      ...words(
        'timeout 120 aria2c -q -j 4 -P -Z --no-conf --auto-file-renaming=false --allow-overwrite=true',
      ),
      ...[`--ca-certificate=${around.authority}`, '-d', scratchOf(host, around)],
      `${site}/images/${range}-${seed % 2 ? 160 : 320}.png`,
    ];
  },
};

const scrapyNeeds = [program('scrapy', 'python3-scrapy'), pythonModule('scrapy')];

function scrapy(more: readonly string[], { amount, seed }: Appearance, { speed }: Surroundings): string[] {
  const settings = [
    ...[`CLOSESPIDER_PAGECOUNT=${amount}`, 'CLOSESPIDER_TIMEOUT=280', 'TELNETCONSOLE_ENABLED=0'],
    // Its usual resolver knows only IPv4.
    'DNS_RESOLVER=scrapy.resolver.CachingHostnameResolver',
    `DOWNLOAD_DELAY=${(seed % 2 ? 0.3 : 1) / speed}`,
    ...more,
  ];
  const set = settings.flatMap((setting) => ['-s', setting]);
  return ['scrapy', 'runspider', ownProgram('shop_spider.py'), '-a', `site=${site}`, '--nolog', ...set];
}

/** Follows links with Scrapy as it comes, which does not ask robots.txt. */
const scrapySpider: ProgramKind = {
  label: 'bot',
  needs: scrapyNeeds,
  agent: /^Scrapy\//,
  amounts: [10, 60],
  origin: 'address',
  command: async (appearance, around) => scrapy([], appearance, around),
};

/** The same tool as most projects configure it: a browser's name, obedience switched off. */
const scrapyDisguised: ProgramKind = {
  ...scrapySpider,
  agent: /^Mozilla\/5\.0 /,
  origin: 'rotating',
  command: async (appearance, around) =>
    scrapy([`USER_AGENT=${browserAgent(appearance.seed)}`, 'COOKIES_ENABLED=0'], appearance, around),
};

/** Follows links over HTTP/2 with httpx, breadth first. */
const httpxScraper: ProgramKind = {
  label: 'bot',
  needs: [program('/usr/bin/python3', 'python3'), pythonModule('httpx'), pythonModule('h2')],
  agent: /^python-httpx\//,
  amounts: [10, 60],
  origin: 'address',
  command: async ({ amount, seed }, { authority, speed }) => [
    ...['/usr/bin/python3', ownProgram('httpx_scraper.py'), authority, site],
    ...[String(seed), String(speed), String(amount)],
  ],
};

/** Programs that download by themselves: addresses, ranges of addresses, or link after link. */
export const fetchers = {
  'curl-loop': curlLoop,
  'curl-range': curlRange,
  'wget-mirror': wgetMirror,
  httrack,
  aria2,
  scrapy: scrapySpider,
  'scrapy-disguised': scrapyDisguised,
  'httpx-scraper': httpxScraper,
} as const satisfies Record<string, ProgramKind>;
