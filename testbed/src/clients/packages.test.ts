import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      { readonly license?: string; readonly resolved?: string; readonly hasInstallScript?: boolean }
    >
  >;
}

const testbed = join(import.meta.dirname, '../..');
const text = readFileSync(join(testbed, 'package-lock.json'), 'utf8');
const manifest = JSON.parse(readFileSync(join(testbed, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};
const installed = Object.entries((JSON.parse(text) as Lock).packages).filter(([path]) => path !== '');

describe('the packages of the testbed', () => {
  it('are pinned to one version each', () => {
    for (const version of Object.values(manifest.dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('name no registry', () => {
    expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(text).not.toMatch(/https?:\/\/[^"]*registry/);
  });

  it('run nothing when they are installed', () => {
    expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  });

  it('have licences that allow any use', () => {
    const copyleft = installed.filter(([, { license }]) => license === undefined || /GPL|SSPL/.test(license));
    expect(copyleft).toEqual([]);
  });
});
