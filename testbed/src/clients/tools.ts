import { join } from 'node:path';
import { server } from '../network.ts';
import { run } from '../run.ts';
import type { ClientKind, Surroundings } from './kind.ts';

const programs = join(import.meta.dirname, '../programs');
const program = (name: string) => join(programs, name);
/** Debian's own Python: the packages below belong to it. */
const python = '/usr/bin/python3';
const site = `https://${server.name}`;

const bot = (command: ClientKind['command']): ClientKind => ({ label: 'bot', command });
const robot = (command: ClientKind['command']): ClientKind => ({ label: 'robot', command });

const builds = new Map<string, Promise<string>>();

/** Builds a program once, however many clients ask for it at the same moment. */
function once(built: string, build: () => Promise<unknown>): Promise<string> {
  const begun = builds.get(built) ?? build().then(() => built);
  builds.set(built, begun);
  return begun;
}

function goClient({ folder }: Surroundings): Promise<string> {
  const built = join(folder, 'go-client');
  const environment = ['GO111MODULE=off', 'GOPROXY=off', `GOCACHE=${join(folder, 'go-cache')}`];
  return once(built, () => run('env', [...environment, 'go', 'build', '-o', built, program('go-client.go')]));
}

function javaClient({ folder }: Surroundings): Promise<string> {
  const built = join(folder, 'java');
  return once(built, () => run('javac', ['-d', built, program('Scraper.java')]));
}

export const curlLoop = bot(async ({ amount, seed }, { authority, speed }) => [
  ...[
    'sh',
    program('curl-loop.sh'),
    authority,
    String(1.5 / speed),
    String(amount),
    String(100 + (seed % 48)),
  ],
]);

export const wgetMirror = bot(async ({ amount }, { authority, folder, speed }) => [
  ...[
    'wget',
    '-q',
    '--mirror',
    '--page-requisites',
    `--level=${amount}`,
    `--wait=${0.3 / speed}`,
    '--random-wait',
  ],
  ...[`--ca-certificate=${authority}`, '-P', join(folder, 'wget'), `${site}/`],
]);

export const requestsScraper = bot(async ({ amount, seed }, { authority, speed }) => [
  ...[python, program('requests_scraper.py'), authority, String(seed), String(speed), String(amount)],
]);

export const httpxScraper = bot(async ({ amount, seed }, { authority, speed }) => [
  ...[python, program('httpx_scraper.py'), authority, String(seed), String(speed), String(amount)],
]);

export const goScraper = bot(async ({ amount, seed }, around) => [
  ...[
    await goClient(around),
    '-plain',
    '-ca',
    around.authority,
    '-pages',
    String(amount),
    '-seed',
    String(seed),
  ],
]);

/** Few requests from each of many homes, with a browser's headers: only together do they show. */
export const goSpread = bot(async ({ amount, seed }, around) => [
  ...[await goClient(around), '-ca', around.authority, '-pages', String(amount), '-seed', String(seed)],
  ...['-low', String(2 / around.speed), '-high', String(6 / around.speed)],
]);

export const javaScraper = bot(async ({ amount }, around) => [
  ...['java', '-cp', await javaClient(around), 'Scraper', around.authority, String(amount), '400'],
]);

export const gobuster = bot(async () => [
  ...['gobuster', 'dir', '-q', '-k', '-t', '4', '-w', program('words.txt'), '-u', site],
]);

export const dirb = bot(async () => ['dirb', site, program('words.txt'), '-S', '-r', '-z', '40']);

export const hydra = bot(async () => [
  ...[
    'hydra',
    '-q',
    '-I',
    '-t',
    '4',
    '-L',
    program('users.txt'),
    '-P',
    program('passwords.txt'),
    server.name,
  ],
  ...['https-post-form', '/login:user=^USER^&password=^PASS^:F=Wrong user'],
]);

export const crawler = robot(async ({ amount }, { authority, speed }) => [
  ...[python, program('crawler.py'), authority, String(speed), String(amount)],
]);

export const feedReader = robot(async ({ amount }, { authority, speed }) => [
  ...[python, program('feed_reader.py'), authority, String(45 / speed), String(amount)],
]);

export const probe = robot(async ({ amount }, { authority, speed }) => [
  ...['sh', program('probe.sh'), authority, String(30 / speed), String(amount)],
]);
