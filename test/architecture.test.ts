import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each package may import of the others: the architecture. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  fingerprints: [],
  features: [],
  'node-source': ['fingerprints'],
  sentinel: ['fingerprints'],
  store: ['features'],
  correlator: ['fingerprints', 'store'],
  'bot-detector': ['features', 'store'],
  dashboard: ['features', 'store', 'bot-detector'],
  cli: ['bot-detector', 'correlator', 'dashboard', 'features', 'fingerprints', 'sentinel', 'store'],
};

/** Packages whose functions are pure: no clock, no network, no files. */
const pure: Readonly<Record<string, readonly string[]>> = { fingerprints: ['node:crypto'], features: [] };

/** Nobody but the wiring may see more of these than their types. */
const typesOnly: readonly (readonly [from: string, of: string])[] = [
  ['dashboard', 'bot-detector'],
  ['correlator', 'fingerprints'],
];

/** Largest number of lines of a hand-written source file; tables of constants are exempt. */
const longestFile = 400;
const constantTables: readonly string[] = [];

function sources(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (name === 'node_modules') return [];
    if (statSync(path).isDirectory()) return sources(path);
    return /\.(ts|c|h)$/.test(name) ? [path] : [];
  });
}

interface Import {
  readonly what: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const statements = text.matchAll(/^\s*(import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm);
  const dynamic = text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g);
  return [
    ...[...statements].map((match) => ({ what: match[3] ?? '', typeOnly: match[2] !== undefined })),
    ...[...dynamic].map((match) => ({ what: match[1] ?? '', typeOnly: false })),
  ];
}

/** What a package offers to be imported: `.` and, where it has several doors, their sub-paths. */
function entriesOf(name: string): string[] {
  const file = join(root, 'packages', name, 'package.json');
  if (!existsSync(file)) return [];
  const { exports } = JSON.parse(readFileSync(file, 'utf8')) as { exports?: unknown };
  return typeof exports === 'object' && exports !== null ? Object.keys(exports) : ['.'];
}

const packages = readdirSync(join(root, 'packages'));
const isTest = (file: string) => file.endsWith('.test.ts');

describe('the architecture', () => {
  it('has exactly the packages of the plan', () => {
    expect(packages.toSorted()).toEqual(Object.keys(allowed).toSorted());
  });

  it.each(packages)('%s declares only what it may import', (name) => {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as {
      name: string;
      dependencies?: Record<string, string>;
    };
    const own = Object.keys(manifest.dependencies ?? {}).filter((dependency) =>
      dependency.startsWith('@ja4/'),
    );
    expect(manifest.name).toBe(`@ja4/${name}`);
    expect(allowed[name]).toEqual(
      expect.arrayContaining(own.map((dependency) => dependency.slice('@ja4/'.length))),
    );
    if (name in pure) expect(Object.keys(manifest.dependencies ?? {})).toEqual([]);
  });

  it.each(packages)('%s imports the others only by name, and only those it may', (name) => {
    const folder = join(root, 'packages', name);
    for (const file of sources(join(folder, 'src'))) {
      const where = relative(root, file);
      for (const { what, typeOnly } of importsOf(file)) {
        if (what.startsWith('.')) {
          const target = join(file, '..', what);
          const inside = target.startsWith(folder) || (isTest(file) && target.startsWith(join(root, 'test')));
          expect(inside, `${where} reaches into ${what}`).toBe(true);
          continue;
        }
        const other = /^@ja4\/([^/]+)(\/.*)?$/.exec(what);
        // Tests may bring in any package's real parts; what ships may not.
        if (other?.[1] === undefined || isTest(file)) continue;
        const entry = `.${other[2] ?? ''}`;
        expect(entriesOf(other[1]), `${where} imports deeply: ${what}`).toContain(entry);
        expect(allowed[name], `${where} imports ${what}`).toContain(other[1]);
        const restricted = typesOnly.some(([from, of]) => from === name && of === other[1]);
        if (restricted) expect(typeOnly, `${where} may import only types of ${what}`).toBe(true);
      }
    }
  });

  it.each(Object.keys(pure))('%s is pure', (name) => {
    for (const file of sources(join(root, 'packages', name, 'src')).filter((file) => !isTest(file))) {
      for (const { what } of importsOf(file)) {
        if (!what.startsWith('.')) expect(pure[name], relative(root, file)).toContain(what);
      }
      const text = readFileSync(file, 'utf8');
      expect(text, relative(root, file)).not.toMatch(/\bDate\.now\(|\bMath\.random\(|\bprocess\./);
    }
  });

  it('has no file that holds more than one idea', () => {
    const long = [
      ...packages.map((name) => join('packages', name)),
      'modules',
      'testbed/src',
      'test',
      'bench',
      'fuzz',
      'chaos',
    ]
      .flatMap((folder) => sources(join(root, folder)))
      .filter((file) => !constantTables.includes(relative(root, file)))
      .filter((file) => readFileSync(file, 'utf8').trimEnd().split('\n').length > longestFile);
    expect(long.map((file) => relative(root, file))).toEqual([]);
  });

  it('has a README for every part', () => {
    const parts = [...packages.map((name) => join('packages', name)), 'modules/mod_reqin_log', 'testbed'];
    expect(parts.filter((part) => !existsSync(join(root, part, 'README.md')))).toEqual([]);
  });
});

describe('the lock file', () => {
  it('names no registry host', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "https?:/);
  });

  it('brings nothing that runs a compiler or a download at install', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean; optional?: boolean; license?: string }>;
    };
    const scripted = Object.entries(lock.packages).filter(([, entry]) => entry.hasInstallScript === true);
    // chdb's script is empty; koffi's does nothing where its prebuilt binary loads; fsevents is macOS only.
    const known = ['node_modules/chdb', 'node_modules/koffi', 'node_modules/fsevents'];
    expect(scripted.map(([path]) => path).filter((path) => !known.includes(path))).toEqual([]);
  });

  it('holds the optional packages of every platform, as npm ci demands', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter(
        (name) =>
          !(`${path}/node_modules/${name}` in lock.packages || `node_modules/${name}` in lock.packages),
      ),
    );
    // An npm that cannot reach a package leaves it out silently, and the next npm ci fails.
    expect(missing).toEqual([]);
  });

  it('holds no package under GPL or AGPL', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { license?: string }>;
    };
    const gpl = Object.entries(lock.packages).filter(([, entry]) =>
      /^A?GPL|[( ]A?GPL/.test(entry.license ?? ''),
    );
    expect(gpl.map(([path]) => path)).toEqual([]);
  });
});
