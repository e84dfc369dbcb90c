import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { server } from '../network.ts';
import { products } from '../site/catalogue.ts';
import { ownProgram } from './builds.ts';
import { words } from './command-line.ts';
import type { ProgramKind } from './kind.ts';
import { program } from './needs.ts';
import { scratchOf } from './scratch.ts';

const site = `https://${server.name}`;
const pages = ['/', '/search?q=lamp', '/product/101.html', '/api/stock?id=104', '/category/chairs'];
const pageOf = (seed: number) => `${site}${pages[seed % pages.length] ?? '/'}`;
const load = { label: 'bot', origin: 'address', amounts: [20, 100] } as const;

const ab: ProgramKind = {
  ...load,
  needs: [program('ab', 'apache2-utils')],
  agent: /^ApacheBench\//,
  // 119: it waited for data that OpenSSL held already, as it does now and then with TLS 1.3.
  exits: [0, 119],
  command: async ({ amount, seed }) =>
    words(`ab -q -s 5 ${seed % 2 ? '-k ' : ''}-n ${amount} -c ${1 + (seed % 4)} ${pageOf(seed)}`),
};

/** Two connections with a pause before each request, so that seconds bound the count. */
const wrk: ProgramKind = {
  ...load,
  needs: [program('wrk')],
  agent: /^$/,
  async command({ amount, seed }) {
    const seconds = Math.max(1, Math.round(amount / 20));
    return [...words(`wrk -t1 -c2 -d${seconds}s -s`), ownProgram('wrk-pause.lua'), pageOf(seed)];
  },
};

const h2load: ProgramKind = {
  ...load,
  needs: [program('h2load', 'nghttp2-client')],
  agent: /^h2load nghttp2\//,
  command: async ({ amount, seed }) => words(`h2load -n ${amount} -c ${1 + (seed % 3)} -m 4 ${pageOf(seed)}`),
};

const siege: ProgramKind = {
  ...load,
  needs: [program('siege')],
  agent: /Siege\/4/,
  async command({ amount, seed, host }, around) {
    const list = join(scratchOf(host, around), 'siege-urls.txt');
    const urls = products.slice(seed % 20, (seed % 20) + 20).map(({ id }) => `${site}/product/${id}.html\n`);
    await writeFile(list, urls.join(''));
    return [...words(`siege -q --no-parser -c 2 -d 0.2 -r ${Math.ceil(amount / 2)} -f`), list];
  },
};

const hey: ProgramKind = {
  ...load,
  needs: [program('hey')],
  agent: /^hey\//,
  command: async ({ amount, seed }) =>
    words(`hey -n ${amount} -c 2 -q 20 ${seed % 2 ? '-h2 ' : ''}${pageOf(seed)}`),
};

/** Programs that measure a server by asking much of it; all of them stop after `amount` requests. */
export const loadTools = { ab, wrk, h2load, siege, hey } as const satisfies Record<string, ProgramKind>;
