import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A thing of the machine that a client cannot do without, with the command that brings it. */
export interface Need {
  /** As a person would call it: `ffuf`, `python3 aiohttp`, `impit`. */
  readonly what: string;
  readonly install: string;
  readonly present: () => boolean;
  /** What is installed, for the file beside a recording; undefined when it is missing or does not say. */
  readonly version: () => string | undefined;
}

const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const packages = join(import.meta.dirname, '../../node_modules');

/** The answer of the first call, for the life of the process: a run asks for the same program many times. */
function once<T>(ask: () => T): () => T {
  let answer: { readonly value: T } | undefined;
  return () => {
    answer ??= { value: ask() };
    return answer.value;
  };
}

function debianVersion(name: string): string | undefined {
  const { stdout } = spawnSync('dpkg-query', ['-s', name], { encoding: 'utf8' });
  return /^Version: (.+)$/m.exec(stdout)?.[1];
}

/** A program on the PATH, or at an absolute path. */
export function program(command: string, debianPackage: string = command): Need {
  const places = command.startsWith('/') ? [command] : folders.map((folder) => join(folder, command));
  return {
    what: command,
    install: `apt-get install ${debianPackage}`,
    present: once(() => places.some((place) => existsSync(place))),
    version: once(() => debianVersion(debianPackage)),
  };
}

/** A module of Debian's own Python (not of another one that may come first on the PATH). */
export function pythonModule(name: string, debianPackage = `python3-${name}`): Need {
  const look = `import importlib.util as i, sys; sys.exit(i.find_spec("${name}") is None)`;
  return {
    what: `python3 ${name}`,
    install: `apt-get install ${debianPackage}`,
    present: once(() => spawnSync('/usr/bin/python3', ['-c', look]).status === 0),
    version: once(() => debianVersion(debianPackage)),
  };
}

/** An extension of Debian's PHP. */
export function phpExtension(name: string): Need {
  return {
    what: `php ${name}`,
    install: `apt-get install php-${name}`,
    present: once(() => spawnSync('php', ['-r', `exit(extension_loaded('${name}') ? 0 : 1);`]).status === 0),
    version: once(() => debianVersion(`php-${name}`)),
  };
}

export function perlModule(name: string, debianPackage: string): Need {
  return {
    what: `perl ${name}`,
    install: `apt-get install ${debianPackage}`,
    present: once(() => spawnSync('/usr/bin/perl', [`-M${name}`, '-e', '1']).status === 0),
    version: once(() => debianVersion(debianPackage)),
  };
}

/** A package of testbed/package.json. */
export function npmPackage(name: string): Need {
  const manifest = join(packages, name, 'package.json');
  return {
    what: name,
    install: 'npm ci --prefix testbed',
    present: once(() => existsSync(manifest)),
    version: once(() => {
      if (!existsSync(manifest)) return undefined;
      return (JSON.parse(readFileSync(manifest, 'utf8')) as { version?: string }).version;
    }),
  };
}

/** Why a client cannot run here: nothing when it can. */
export function missing(needs: readonly Need[]): string | undefined {
  const absent = needs.filter((need) => !need.present());
  if (absent.length === 0) return undefined;
  return absent.map((need) => `needs ${need.what}, install with ${need.install}`).join('; ');
}
