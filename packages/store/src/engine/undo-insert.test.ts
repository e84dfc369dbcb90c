import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from './engine.test-support.ts';
import { undoInsert } from './undo-insert.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function makeTable(name: string, parts: readonly string[]): void {
  for (const part of parts) {
    mkdirSync(join(folder, name, part), { recursive: true });
    writeFileSync(join(folder, name, part, 'data.bin'), part);
  }
}

test('parts above the mark go, in every table; parts at or below it stay', () => {
  makeTable('one', ['day_1_1_0', 'day_2_2_0', 'day_3_3_0', 'other_4_4_0', 'detached']);
  makeTable('two', ['day_9_9_1', 'day_10_10_1']);
  expect(undoInsert(folder, { one: 2, two: 9 })).toEqual({ written: 3, merged: 0, kept: [] });
  expect(readdirSync(join(folder, 'one')).sort()).toEqual(['day_1_1_0', 'day_2_2_0', 'detached']);
  expect(readdirSync(join(folder, 'two'))).toEqual(['day_9_9_1']);
});

test('a merge that took up the insert goes too, and what else it was made from counts again', () => {
  makeTable('one', ['day_1_1_0', 'day_2_2_0', 'day_1_2_1', 'day_3_3_0', 'day_1_3_2']);
  expect(undoInsert(folder, { one: 2 })).toEqual({ written: 1, merged: 1, kept: [] });
  expect(readdirSync(join(folder, 'one')).sort()).toEqual(['day_1_1_0', 'day_1_2_1', 'day_2_2_0']);
});

test('a merged part whose sources are gone is kept: rows twice are better than rows lost', () => {
  makeTable('one', ['day_1_3_2', 'other_2_2_0']);
  expect(undoInsert(folder, { one: 2 })).toEqual({
    written: 0,
    merged: 0,
    kept: [join(folder, 'one', 'day_1_3_2')],
  });
  expect(readdirSync(join(folder, 'one')).sort()).toEqual(['day_1_3_2', 'other_2_2_0']);
});

test('can be repeated, and a table that is gone is no error', () => {
  makeTable('one', ['day_1_1_0', 'day_2_2_0']);
  undoInsert(folder, { one: 1, gone: 3 });
  expect(undoInsert(folder, { one: 1, gone: 3 })).toEqual({ written: 0, merged: 0, kept: [] });
  expect(readdirSync(join(folder, 'one'))).toEqual(['day_1_1_0']);
});
