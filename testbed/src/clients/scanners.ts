import { join } from 'node:path';
import { type Client, server } from '../network.ts';
import { randomFrom } from '../random.ts';
import { ownProgram } from './builds.ts';
import { words } from './command-line.ts';
import type { ProgramKind } from './kind.ts';
import { program } from './needs.ts';
import { pretence } from './pretence.ts';
import { scratchOf } from './scratch.ts';

const site = `https://${server.name}`;
const scanner = { label: 'bot', origin: 'address', amounts: [1, 1] } as const;
/** For tools that take the first address of a name, which is IPv6, whether or not they can reach it. */
const addressFor = (host: Client) => (host.address.includes(':') ? server.name : server.ipv4);
const six = (host: Client) => (host.address.includes(':') ? ['-6'] : []);

/** Some operators replace the tool's name. */
const agentOf = (seed: number) => (seed % 4 === 0 ? pretence('agent', randomFrom(seed))[0]?.[1] : undefined);
const ownNameOrBrowsers = (plain: string) => new RegExp(`^(${plain}|Mozilla/5\\.0 )`);

const gobuster: ProgramKind = {
  ...scanner,
  needs: [program('gobuster')],
  agent: ownNameOrBrowsers('gobuster/'),
  async command({ seed }, { speed }) {
    const agent = agentOf(seed);
    return [
      ...words('gobuster dir -q -k -z -t 4 -w'),
      ...[ownProgram('words.txt'), '-u', site],
      ...(seed % 2 ? [] : ['--delay', `${Math.round(400 / speed)}ms`]),
      ...(agent ? ['-a', agent] : []),
    ];
  },
};

const ffuf: ProgramKind = {
  ...scanner,
  needs: [program('ffuf')],
  agent: ownNameOrBrowsers('Fuzz Faster U Fool'),
  async command({ seed }, { speed }) {
    const agent = agentOf(seed);
    return [
      ...words(`ffuf -s -t 4 -p ${0.2 / speed} -u ${site}/FUZZ -w`),
      ownProgram('words.txt'),
      ...(agent ? ['-H', `User-Agent: ${agent}`] : []),
    ];
  },
};

const dirb: ProgramKind = {
  ...scanner,
  needs: [program('dirb')],
  agent: /^Mozilla\/4\.0 \(compatible; MSIE 6\.0/,
  command: async (_, { speed }) => [
    ...['dirb', site, ownProgram('words.txt'), '-S', '-r', '-z', String(Math.ceil(100 / speed))],
  ],
};

/** Level and risk 1 against the search, quick techniques only. */
const sqlmap: ProgramKind = {
  ...scanner,
  needs: [program('sqlmap')],
  agent: ownNameOrBrowsers('sqlmap/'),
  async command({ host, seed }, around) {
    const agent = agentOf(seed);
    return [
      ...words(`timeout 120 sqlmap -u ${site}/search?q=lamp -p q --batch --level=1 --risk=1 --technique=BE`),
      ...words(`--threads=2 --delay=${0.1 / around.speed} --timeout=10 --disable-coloring`),
      `--output-dir=${join(scratchOf(host, around), 'sqlmap')}`,
      ...(agent ? [`--user-agent=${agent}`] : []),
    ];
  },
};

const scriptsOfNmap = ['title', 'headers', 'methods', 'robots.txt', 'favicon', 'git', 'php-version'];
const moreScriptsOfNmap = ['security-headers', 'server-header', 'generator'];

const nmap: ProgramKind = {
  ...scanner,
  needs: [program('nmap')],
  // Without a name: its test of an unknown method.
  agent: /Nmap Scripting Engine|^$/,
  async command({ seed, host }) {
    const scripts = [...scriptsOfNmap, ...(seed % 2 ? moreScriptsOfNmap : [])];
    return [
      ...['nmap', ...six(host), ...words('-Pn -n -p 443 --host-timeout 90s --script-timeout 60s')],
      ...['--script', scripts.map((name) => `http-${name}`).join(','), server.name],
    ];
  },
};

/** Looks at one page closely, and at what it finds guessable beside it; without the site's name. */
const whatweb: ProgramKind = {
  ...scanner,
  needs: [program('whatweb')],
  agent: /^WhatWeb\//,
  command: async ({ host }) => [
    ...words('timeout 120 whatweb -q -a 3 --colour=never'),
    `https://${addressFor(host)}/`,
  ],
};

const hydra: ProgramKind = {
  ...scanner,
  needs: [program('hydra')],
  agent: /^Mozilla\/5\.0 \(Hydra\)/,
  command: async ({ host }) => [
    ...['hydra', ...six(host), ...words('-q -I -t 4 -L'), ownProgram('users.txt')],
    ...['-P', ownProgram('passwords.txt'), server.name],
    ...['https-post-form', '/login:user=^USER^&password=^PASS^:F=Wrong user'],
  ],
};

/** Programs that look for ways in. */
export const scanners = { gobuster, ffuf, dirb, sqlmap, nmap, whatweb, hydra } as const satisfies Record<
  string,
  ProgramKind
>;
