import { join } from 'node:path';
import { type Client, server } from '../network.ts';
import { randomFrom } from '../random.ts';
import { ownProgram } from './builds.ts';
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
const word = (plain: string) => new RegExp(`^(${plain}|Mozilla/5\\.0 )`);

const gobuster: ProgramKind = {
  ...scanner,
  needs: [program('gobuster')],
  agent: word('gobuster/'),
  async command({ seed }, { speed }) {
    const agent = agentOf(seed);
    const delay = seed % 2 ? [] : ['--delay', `${Math.round(400 / speed)}ms`];
    return [
      ...[
        'gobuster',
        'dir',
        '-q',
        '-k',
        '-z',
        '-t',
        '4',
        ...delay,
        '-w',
        ownProgram('words.txt'),
        '-u',
        site,
      ],
      ...(agent ? ['-a', agent] : []),
    ];
  },
};

const ffuf: ProgramKind = {
  ...scanner,
  needs: [program('ffuf')],
  agent: word('Fuzz Faster U Fool'),
  async command({ seed }, { speed }) {
    const agent = agentOf(seed);
    return [
      ...[
        'ffuf',
        '-s',
        '-t',
        '4',
        '-p',
        String(0.2 / speed),
        '-w',
        ownProgram('words.txt'),
        '-u',
        `${site}/FUZZ`,
      ],
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
  agent: word('sqlmap/'),
  async command({ host, seed }, around) {
    const agent = agentOf(seed);
    return [
      ...[
        'timeout',
        '120',
        'sqlmap',
        '-u',
        `${site}/search?q=lamp`,
        '-p',
        'q',
        '--batch',
        '--level=1',
        '--risk=1',
      ],
      ...[
        '--technique=BE',
        '--threads=2',
        `--delay=${0.1 / around.speed}`,
        '--timeout=10',
        '--disable-coloring',
      ],
      ...[
        `--output-dir=${join(scratchOf(host, around), 'sqlmap')}`,
        ...(agent ? [`--user-agent=${agent}`] : []),
      ],
    ];
  },
};

const nmap: ProgramKind = {
  ...scanner,
  needs: [program('nmap')],
  // Without a name: its test of an unknown method.
  agent: /Nmap Scripting Engine|^$/,
  command: async ({ seed, host }) => [
    ...[
      'nmap',
      ...six(host),
      '-Pn',
      '-n',
      '-p',
      '443',
      '--host-timeout',
      '90s',
      '--script-timeout',
      '60s',
      '--script',
    ],
    'http-title,http-headers,http-methods,http-robots.txt,http-favicon,http-git,http-php-version'.concat(
      seed % 2 ? ',http-security-headers,http-server-header,http-generator' : '',
    ),
    server.name,
  ],
};

/** Looks at one page closely, and at what it finds guessable beside it; without the site's name. */
const whatweb: ProgramKind = {
  ...scanner,
  needs: [program('whatweb')],
  agent: /^WhatWeb\//,
  command: async ({ host }) => [
    ...['timeout', '120', 'whatweb', '-q', '-a', '3', '--colour=never'],
    `https://${addressFor(host)}/`,
  ],
};

const hydra: ProgramKind = {
  ...scanner,
  needs: [program('hydra')],
  agent: /^Mozilla\/5\.0 \(Hydra\)/,
  command: async ({ host }) => [
    ...[
      'hydra',
      ...six(host),
      '-q',
      '-I',
      '-t',
      '4',
      '-L',
      ownProgram('users.txt'),
      '-P',
      ownProgram('passwords.txt'),
      server.name,
    ],
    ...['https-post-form', '/login:user=^USER^&password=^PASS^:F=Wrong user'],
  ],
};

/** Programs that look for ways in. */
export const scanners = { gobuster, ffuf, dirb, sqlmap, nmap, whatweb, hydra } as const satisfies Record<
  string,
  ProgramKind
>;
