import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from './engine.test-support.ts';
import { InsertJournal, insertKey } from './insert-journal.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const marks = { 'store/abc/table': 7 };
const key = (name: string): string => insertKey('table', name);

async function insert(journal: InsertJournal, name: string): Promise<void> {
  await journal.begin(key(name), marks);
  await journal.end();
}

describe('a journal of inserts', () => {
  test('knows what is done, and after it was opened again too', async () => {
    const journal = await InsertJournal.open(folder, true);
    expect(journal.isDone(key('a'))).toBe(false);
    await insert(journal, 'a');
    expect(journal.isDone(key('a'))).toBe(true);
    await journal.close();
    const again = await InsertJournal.open(folder, false);
    expect([again.isDone(key('a')), again.isDone(key('b')), again.begun]).toEqual([true, false, undefined]);
    await again.close();
  });

  test('knows which insert was open, and with which marks', async () => {
    const journal = await InsertJournal.open(folder, false);
    await insert(journal, 'a');
    await journal.begin(key('b'), marks);
    await journal.close();
    const again = await InsertJournal.open(folder, false);
    expect(again.begun).toEqual({ sequence: 1, key: key('b'), marks });
    await again.forgetBegun();
    await again.close();
    const third = await InsertJournal.open(folder, false);
    expect([third.begun, third.isDone(key('a'))]).toEqual([undefined, true]);
    await third.close();
  });

  test('remembers as many as it has slots, and keeps its size', async () => {
    const journal = await InsertJournal.open(folder, false, 4);
    const size = statSync(join(folder, 'journal', 'done')).size;
    for (const name of 'abcdefghij') await insert(journal, name);
    await journal.close();
    expect(statSync(join(folder, 'journal', 'done')).size).toBe(size);
    const again = await InsertJournal.open(folder, false, 4);
    expect([...'abcdefghij'].filter((name) => again.isDone(key(name)))).toEqual(['g', 'h', 'i', 'j']);
    await again.close();
  });

  test('forgets on request what was done, and takes nothing older for open afterwards', async () => {
    const journal = await InsertJournal.open(folder, false);
    await insert(journal, 'a');
    await insert(journal, 'b');
    await journal.forgetDone();
    expect(journal.isDone(key('b'))).toBe(false);
    await journal.close();
    const again = await InsertJournal.open(folder, false);
    expect([again.begun, again.isDone(key('b'))]).toEqual([undefined, false]);
    await again.close();
  });

  test('a token means something else for another table', () => {
    expect(insertKey('one', 'token')).not.toBe(insertKey('other', 'token'));
  });

  test('a damaged ring is made anew and leaves an insert alone that may be done', async () => {
    const journal = await InsertJournal.open(folder, false);
    await insert(journal, 'a');
    await journal.close();
    truncateSync(join(folder, 'journal', 'done'), 1000);
    const again = await InsertJournal.open(folder, false);
    expect([again.begun, again.isDone(key('a'))]).toEqual([undefined, false]);
    await insert(again, 'b');
    expect(again.isDone(key('b'))).toBe(true);
    await again.close();
  });

  test('whatever the power cut left of the records, nothing is taken for done or open that was not written', async () => {
    const journal = await InsertJournal.open(folder, false, 8);
    for (const name of 'abcde') await insert(journal, name);
    await journal.begin(key('f'), marks);
    await journal.close();
    const paths = ['begun', 'done'].map((name) => join(folder, 'journal', name));
    const whole = paths.map((path) => readFileSync(path));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, 1),
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        async (which, at, bytes) => {
          for (const [i, path] of paths.entries()) writeFileSync(path, whole[i] ?? '');
          const broken = Buffer.from(whole[which] ?? '');
          broken.set(bytes.subarray(0, broken.length - (at % broken.length)), at % broken.length);
          writeFileSync(paths[which] ?? '', broken);
          const again = await InsertJournal.open(folder, false, 8);
          if (again.begun !== undefined)
            expect(['a', 'b', 'c', 'd', 'e', 'f'].map(key)).toContain(again.begun.key);
          expect(again.isDone(key('f'))).toBe(false);
          await again.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});
