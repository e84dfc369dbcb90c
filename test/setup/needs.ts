import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { it } from 'vitest';

/** A thing of the machine that some tests cannot do without. */
export interface Need {
  /** What is missing, as a person would call it. */
  readonly what: string;
  /** The command that brings it. */
  readonly install: string;
  readonly present: () => boolean;
  /** Reference data that no package holds: its absence is never a failure. */
  readonly optional?: boolean;
}

const onPath = (command: string) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

/** A program that must be on the PATH, with the Debian package that holds it. */
export function program(command: string, debianPackage: string = command): Need {
  return {
    what: command,
    install: `apt-get install ${debianPackage}`,
    present: () => onPath(command) || onPath(`/usr/sbin/${command}`),
  };
}

export const root: Need = { what: 'root', install: 'sudo', present: () => process.getuid?.() === 0 };

/** Where the shared captures lie on machines that have them. */
export const corpusDir = resolve(process.env.JA4_TEST_CORPUS ?? '../shared/corpus');
export const corpus: Need = {
  what: `the shared captures (${corpusDir})`,
  install: 'JA4_TEST_CORPUS=<folder>',
  present: () => existsSync(resolve(corpusDir, 'expected.tsv')),
  optional: true,
};

/**
 * `it` where everything needed is present. Otherwise the test is skipped under a name that says what is
 * missing and how to get it, and with JA4_REQUIRE_ALL=1 it fails.
 */
export function itNeeds(...needs: Need[]): typeof it | typeof it.skip {
  const missing = needs.filter((need) => !need.present());
  if (missing.length === 0) return it;
  const why = missing.map((need) => `skipped: needs ${need.what}, install with ${need.install}`).join('; ');
  const mustHave = process.env.JA4_REQUIRE_ALL === '1' && missing.some((need) => need.optional !== true);
  const replacement = (name: string) =>
    mustHave
      ? it(`${name} (${why})`, () => {
          throw new Error(why);
        })
      : it.skip(`${name} (${why})`, () => {});
  return replacement as unknown as typeof it;
}
