import { join } from 'node:path';
import { run } from '../run.ts';
import type { Surroundings } from './kind.ts';

/** Where the clients' own programs lie. */
export const programs = join(import.meta.dirname, '../programs');
export const ownProgram = (name: string) => join(programs, name);

const builds = new Map<string, Promise<string>>();

/** Builds a program once, however many clients ask for it at the same moment. */
function once(built: string, build: () => Promise<unknown>): Promise<string> {
  const begun = builds.get(built) ?? build().then(() => built);
  builds.set(built, begun);
  return begun;
}

/** A Go program of one file that needs nothing but the standard library. */
export function goProgram(name: string, { folder }: Surroundings): Promise<string> {
  const built = join(folder, name);
  const environment = ['GO111MODULE=off', 'GOPROXY=off', `GOCACHE=${join(folder, 'go-cache')}`];
  return once(built, () =>
    run('env', [...environment, 'go', 'build', '-o', built, ownProgram(`${name}.go`)]),
  );
}

/** A Java class of one file; the answer is its class path. */
export function javaClass(name: string, { folder }: Surroundings): Promise<string> {
  const built = join(folder, `java-${name}`);
  return once(built, () => run('javac', ['-d', built, ownProgram(`${name}.java`)]));
}
