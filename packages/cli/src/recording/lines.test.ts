import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { readLines } from './lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'ja4-lines-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

async function read(content: string | Uint8Array, name = 'events.jsonl') {
  const path = join(folder, name);
  writeFileSync(path, content);
  const source = readLines([path]);
  const lines = await collect(source.lines);
  return { path, lines, problems: source.problems };
}

it('gives the lines of plain and gzip files alike, whatever they end with', async () => {
  const text = 'a\r\n\nbé\r\n\r\nlast';
  const expected = { lines: ['a', 'bé', 'last'], problems: [] };
  expect(await read(text)).toMatchObject(expected);
  expect(await read(gzipSync(text))).toMatchObject(expected);
});

it('gives back what was written, over all borders of the pieces that are read', async () => {
  const line = fc.string({ unit: 'binary', minLength: 1 }).map((text) => text.replace(/[\r\n]/g, ' '));
  await fc.assert(
    fc.asyncProperty(fc.array(line), async (written) => {
      expect((await read(written.join('\n'))).lines).toEqual(written);
    }),
    { numRuns: 50 },
  );
  const many = Array.from({ length: 50_000 }, (_, index) => `é${index}`);
  expect((await read(many.join('\n'))).lines).toEqual(many);
});

it('ends early, with a name, where a gzip file is cut', async () => {
  const cut = gzipSync('a\n'.repeat(1000)).subarray(0, 20);
  const { path, problems } = await read(cut, 'cut.gz');
  expect(problems).toEqual([`${path}: ends early (unexpected end of file)`]);
});

it('leaves out a line of a size that no event has, and keeps the others', async () => {
  const { path, lines, problems } = await read(`a\n${'x'.repeat(3_000_000)}\nb`);
  expect(lines).toEqual(['a', 'b']);
  expect(problems).toEqual([`${path}: 1 lines of over 1048576 characters were left out`]);
});

it('says that a file is not there, or a folder, in a line that names it', async () => {
  const missing = join(folder, 'missing');
  await expect(collect(readLines([missing]).lines)).rejects.toThrow(`${missing}: there is no such file`);
  const directory = join(folder, 'directory');
  mkdirSync(directory);
  await expect(collect(readLines([directory]).lines)).rejects.toThrow(`${directory}: is a folder`);
});
