import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { instrument } from './instrument.ts';
import { parse } from './planted/parser.ts';
import { runWatched } from './watch.ts';

const order = (name: string, folder: string) => ({
  target: name,
  module: new URL(`./planted/${name}.ts`, import.meta.url).href,
  seed: 1,
  seconds: 2,
  deadlineMs: 1000,
  heapGrowth: 256 * 1024 * 1024,
  folder,
  instrumented: [new URL('./planted/', import.meta.url).href],
});

describe('the fuzzer', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ja4-fuzz-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('finds a fault behind a number of four bytes and a count, and saves the input', async () => {
    const report = await runWatched(order('throws', folder));
    expect(report.findings).toBe(1);
    const [name = ''] = readdirSync(join(folder, 'findings'));
    expect(name).toMatch(/^exception-/);
    expect(() => parse(readFileSync(join(folder, 'findings', name)))).toThrow('the fault behind');
    expect(report.coverage.reached).toBeGreaterThan(report.coverage.blocks / 2);
  });

  it('ends an input that never comes back, and saves it', async () => {
    await expect(runWatched(order('hangs', folder), 1000)).rejects.toThrow('an input hangs');
    const [name = ''] = readdirSync(join(folder, 'findings'));
    expect([...readFileSync(join(folder, 'findings', name))].slice(0, 6)).toEqual([
      0x1f, 0x8b, 0x5a, 0x3c, 0, 0xee,
    ]);
  });
});

describe('instrumented code', () => {
  /** Runs JavaScript that ends in `result` and gives that. */
  async function resultOf(source: string): Promise<unknown> {
    const url = `data:text/javascript,${encodeURIComponent(source)}`;
    return ((await import(/* @vite-ignore */ url)) as { result: unknown }).result;
  }

  it.each([
    ['an else that belongs to the inner if', 'if (a) if (b) r = 1; else r = 2; else r = 3;'],
    ['loops without braces', 'for (const x of [1, 2]) while (r < x) r++;'],
    ['conditionals in conditionals', 'r = a ? (b ? 1 : 2) : b ? 3 : 4;'],
    ['logical expressions', 'r = (a && b) || (a ?? b) ? 5 : 6;'],
    ['cases that fall through', 'switch (a) { case 1: case true: r = 7; default: r += 1; }'],
    ['arrows that give objects', 'r = ((x: number) => ({ y: x && 2 }))(3).y;'],
    ['types', 'r = ((x: unknown) => x as number satisfies number)(8)!;'],
  ])('does the same: %s', async (_what, body) => {
    globalThis.fuzzCounters = new Uint8Array(64);
    for (const [a, b] of [
      [true, true],
      [true, false],
      [false, true],
      [false, false],
    ]) {
      const source = `let r = 0; const a = ${a}; const b = ${b}; ${body} export const result = r;`;
      const { source: instrumented, blocks } = instrument('x.ts', source, 0);
      expect(blocks).toBeGreaterThan(0);
      expect(await resultOf(instrumented)).toBe(await resultOf(stripTypeScriptTypes(source)));
    }
  });

  it('counts the branch that was taken', async () => {
    globalThis.fuzzCounters = new Uint8Array(8);
    const { source } = instrument(
      'x.ts',
      'let r = 0; if (r === 0) r = 1; else r = 2; export const result = r;',
      0,
    );
    expect(await resultOf(source)).toBe(1);
    expect([...globalThis.fuzzCounters].slice(0, 2)).toEqual([1, 0]);
  });
});
