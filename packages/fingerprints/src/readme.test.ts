import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const packageFolder = resolve(import.meta.dirname, '..');
const readme = readFileSync(resolve(packageFolder, 'README.md'), 'utf8');

/** The README's TypeScript: each block is a module of its own. */
const examples = readme.split(/^## /m).flatMap((section) => {
  const [heading = ''] = section.split('\n', 1);
  const blocks = [...section.matchAll(/^```ts\n([\s\S]*?)^```/gm)];
  return blocks.map(([, code = '']) => ({ heading, code }));
});

describe('the README', () => {
  it.each(examples)('prints under $heading what it says', ({ code }) => {
    // From the package's folder its own name resolves to itself.
    const printed = execFileSync(process.execPath, ['--input-type=module-typescript', '-'], {
      cwd: packageFolder,
      input: code,
      encoding: 'utf8',
    });
    const promised = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, text]) => text);
    expect(promised.length).toBeGreaterThan(0);
    expect(printed.trimEnd().split('\n')).toEqual(promised);
  });

  it('has an example of every part', () => {
    const headings = new Set(examples.map(({ heading }) => heading));
    expect(headings).toEqual(new Set(['A ClientHello', 'QUIC', 'HTTP/2', 'A SYN']));
  });
});
