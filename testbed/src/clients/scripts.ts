import { server } from '../network.ts';
import { goProgram, javaClass, ownProgram } from './builds.ts';
import { type ErrandOptions, paces, writeErrand } from './errand.ts';
import type { ProgramKind, Surroundings } from './kind.ts';
import { type Need, npmPackage, perlModule, phpExtension, program, pythonModule } from './needs.ts';

const site = `https://${server.name}`;
/** Debian's own Python: the modules belong to it. */
const python = '/usr/bin/python3';

/** Quick to start, and able to reach a server by IPv6 alone. */
const javaOptions = ['-XX:TieredStopAtLevel=1', '-Djava.net.preferIPv6Addresses=system'];

/** A language with an HTTP library, started so that it trusts the authority and runs an errand. */
interface Library {
  readonly needs: readonly Need[];
  /** What it calls itself when nobody tells it otherwise. */
  readonly agent: RegExp;
  start(around: Surroundings): readonly string[] | Promise<readonly string[]>;
  /** Arguments after authority, site and errand. */
  readonly extra?: readonly string[];
}

const pythonScript = (
  name: string,
  agent: RegExp,
  modules: readonly string[],
  extra: readonly string[] = [],
): Library => ({
  needs: [program(python, 'python3'), ...modules.map((name) => pythonModule(name))],
  agent,
  start: () => [python, ownProgram(name)],
  extra,
});

/**
 * The Node that runs the testbed, patient with the first address of a name: from far away an answer takes longer
 * than the quarter of a second after which it would turn to the next, which may be of another family.
 */
export const node = [process.execPath, '--network-family-autoselection-attempt-timeout=5000'];

/** A program on Node. */
export const nodeScript = (
  name: string,
  agent: RegExp,
  packages: readonly string[],
  extra: readonly string[] = [],
): Library => ({
  needs: packages.map(npmPackage),
  agent,
  start: ({ authority }) => ['env', `NODE_EXTRA_CA_CERTS=${authority}`, ...node, ownProgram(name)],
  extra,
});

const libraries = {
  requests: pythonScript('requests_client.py', /^python-requests\//, ['requests']),
  urllib: pythonScript('urllib_client.py', /^Python-urllib\//, []),
  httpx1: pythonScript('httpx_client.py', /^python-httpx\//, ['httpx'], ['1']),
  httpx2: pythonScript('httpx_client.py', /^python-httpx\//, ['httpx', 'h2'], ['2']),
  aiohttp: pythonScript('aiohttp_client.py', /^Python\/3\.\d+ aiohttp\//, ['aiohttp']),
  pycurl: pythonScript('pycurl_client.py', /^PycURL\//, ['pycurl']),
  go: {
    needs: [program('go', 'golang-go')],
    agent: /^Go-http-client\/[12]/,
    start: async (around) => [await goProgram('go-client', around)],
  },
  go1: {
    needs: [program('go', 'golang-go')],
    agent: /^Go-http-client\/1/,
    start: async (around) => [await goProgram('go-client', around), '-http1'],
  },
  java: {
    needs: [program('javac', 'default-jdk-headless')],
    agent: /^Java-http-client\//,
    start: async (around) => [
      'java',
      ...javaOptions,
      '-cp',
      await javaClass('HttpClientErrand', around),
      'HttpClientErrand',
    ],
  },
  javaUrlConnection: {
    needs: [program('javac', 'default-jdk-headless')],
    agent: /^Java\/\d/,
    start: async (around) => [
      'java',
      ...javaOptions,
      '-cp',
      await javaClass('UrlConnectionErrand', around),
      'UrlConnectionErrand',
    ],
  },
  nodeFetch: nodeScript('fetch-client.js', /^node$/, []),
  nodeHttps: nodeScript('https-client.js', /^$/, []),
  nodeHttp2: nodeScript('http2-client.js', /^$/, []),
  axios: nodeScript('axios-client.js', /^axios\//, ['axios']),
  undici: nodeScript('undici-client.js', /^undici$/, ['undici']),
  php: {
    needs: [program('php', 'php-cli'), phpExtension('curl')],
    agent: /^$/,
    start: () => ['php', ownProgram('curl-client.php')],
  },
  perl: {
    needs: [program('perl'), perlModule('LWP::Protocol::https', 'liblwp-protocol-https-perl')],
    agent: /^libwww-perl\//,
    start: () => ['perl', ownProgram('lwp-client.pl')],
  },
  ruby: {
    needs: [program('ruby')],
    agent: /^Ruby$/,
    start: () => ['ruby', ownProgram('net-http-client.rb')],
  },
} as const satisfies Record<string, Library>;

interface ScriptOptions extends ErrandOptions {
  readonly amounts?: ProgramKind['amounts'];
  readonly origin?: ProgramKind['origin'];
}

export function script(library: Library, options: ScriptOptions = {}): ProgramKind {
  const { manner = 'own', amounts = [10, 60], origin = 'address' } = options;
  return {
    label: 'bot',
    needs: library.needs,
    agent: manner === 'own' ? library.agent : /^Mozilla\/5\.0 /,
    amounts,
    origin,
    command: async (appearance, around) => [
      ...(await library.start(around)),
      around.authority,
      site,
      await writeErrand(appearance, around, options),
      ...(library.extra ?? []),
    ],
  };
}

/** Programs that fetch what they are told with the library of their language, under its name or a browser's. */
export const scripts = {
  'python-requests': script(libraries.requests),
  'requests-scraper': script(libraries.requests, { manner: 'agent' }),
  'requests-copied-headers': script(libraries.requests, { manner: 'chrome' }),
  'python-urllib': script(libraries.urllib),
  'python-httpx-http1': script(libraries.httpx1),
  'httpx-copied-headers': script(libraries.httpx2, { manner: 'firefox' }),
  'python-aiohttp': script(libraries.aiohttp, { pace: paces.rush }),
  'python-pycurl': script(libraries.pycurl),
  'go-scraper': script(libraries.go),
  'go-http1': script(libraries.go1, { manner: 'agent' }),
  'java-scraper': script(libraries.java),
  'java-urlconnection': script(libraries.javaUrlConnection),
  'node-fetch': script(libraries.nodeFetch),
  'node-https': script(libraries.nodeHttps, { manner: 'agent' }),
  'node-http2': script(libraries.nodeHttp2),
  axios: script(libraries.axios),
  undici: script(libraries.undici, { manner: 'chrome' }),
  'php-curl': script(libraries.php, { manner: 'agent' }),
  'perl-lwp': script(libraries.perl),
  'ruby-net-http': script(libraries.ruby),
  /** Few requests from each of many homes, with a browser's headers: only together do they show. */
  'go-spread': script(libraries.go, {
    ...{ manner: 'chrome', aims: ['list'], pace: [2, 6], robots: 0, amounts: [3, 6], origin: 'fleet' },
  }),
  /** A page every few minutes, each time from elsewhere: below any limit of rate. */
  'slow-crawl': script(libraries.requests, {
    ...{ manner: 'firefox', aims: ['walk'], pace: [90, 240], robots: 0, amounts: [4, 8], origin: 'rotating' },
  }),
  /** Names and passwords from elsewhere, a few from each address. */
  'credential-stuffing': script(libraries.httpx2, {
    ...{ manner: 'chrome', aims: ['login'], pace: [1, 4], robots: 0, amounts: [3, 8], origin: 'fleet' },
  }),
  /** Names and passwords from elsewhere, all from one address. */
  'login-script': script(libraries.php, {
    ...{ manner: 'own', aims: ['login'], pace: paces.brisk, robots: 0, amounts: [20, 60] },
  }),
} as const satisfies Record<string, ProgramKind>;
