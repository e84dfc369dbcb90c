import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { eventLines } from './event-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'ja4-lines-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(content: Uint8Array): Promise<{ lines: string[]; problems: string[] }> {
  const path = join(folder, 'events.gz');
  writeFileSync(path, content);
  const [lines, problems]: [string[], string[]] = [[], []];
  for await (const line of eventLines(path, (why) => problems.push(why))) lines.push(line);
  return { lines, problems };
}

it('gives back what was written, whatever it ends with', async () => {
  expect(await read(gzipSync('a\n\nbé\nlast'))).toEqual({ lines: ['a', 'bé', 'last'], problems: [] });
  const many = Array.from({ length: 50_000 }, (_, i) => `é${i}`);
  expect((await read(gzipSync(many.join('\n')))).lines).toEqual(many);
  expect((await read(gzipSync(''))).lines).toEqual([]);
});

it('ends early, and says so, where the file is cut or no gzip', async () => {
  const cut = await read(gzipSync('a\n'.repeat(1000)).subarray(0, 20));
  expect(cut.problems).toEqual([expect.stringContaining('ends early')]);
  expect((await read(Buffer.from('plain text'))).problems).toHaveLength(1);
});

it('keeps no line that grows without end', async () => {
  const { lines } = await read(gzipSync(`a\n${'x'.repeat(5_000_000)}\nb\n`));
  expect([lines[0], lines.at(-1)]).toEqual(['a', 'b']);
});

it('throws when there is no file', async () => {
  await expect(eventLines(join(folder, 'none'), () => undefined).next()).rejects.toThrow('ENOENT');
});
