import { closeSync, fsyncSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BlockMarks } from './insert-journal.ts';
import { readPartName } from './part-name.ts';

/** What was removed of an insert that never ended. */
export interface Undone {
  /** Parts that the insert itself wrote. */
  written: number;
  /** Parts into which a merge had taken some of them; what else was merged is still there as it was before. */
  merged: number;
  /** Parts that were left alone because what they were merged from is gone; `folder/part`. */
  kept: string[];
}

/**
 * Removes what an insert that never ended left in the tables' folders; only while no engine has them open.
 *
 * Block numbers grow with every insert into a table, and one insert runs at a time: every part that holds a
 * block above the table's mark is the insert's own, or a merge of its parts with older ones. The engine keeps
 * what it has merged for eight minutes (`old_parts_lifetime`), so without the merged part the older ones count
 * again. Can be repeated if it is itself interrupted: merged parts go first, then the insert's own.
 */
export function undoInsert(dataDir: string, marks: BlockMarks): Undone {
  const undone: Undone = { written: 0, merged: 0, kept: [] };
  for (const [table, mark] of Object.entries(marks)) undoInTable(join(dataDir, table), mark, undone);
  return undone;
}

function undoInTable(folder: string, mark: number, undone: Undone): void {
  const parts = readParts(folder);
  const newer = parts.filter(({ name }) => name.maxBlock > mark);
  if (newer.length === 0) return;
  // The widest first: as long as a merged part is there, the engine takes its sources for leftovers.
  newer.sort((a, b) => b.name.level - a.name.level || a.name.minBlock - b.name.minBlock);
  for (const { folderName, name } of newer) {
    const isMerged = name.minBlock <= mark;
    const hasSources = parts.some(
      ({ name: other }) =>
        other.partition === name.partition && other.minBlock >= name.minBlock && other.maxBlock <= mark,
    );
    if (isMerged && !hasSources) {
      undone.kept.push(join(folder, folderName));
      continue;
    }
    rmSync(join(folder, folderName), { recursive: true, force: true });
    if (isMerged) undone.merged++;
    else undone.written++;
  }
  const directory = openSync(folder, 'r');
  fsyncSync(directory);
  closeSync(directory);
}

function readParts(folder: string) {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    // The table was dropped as the last thing before the end.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return names.flatMap((folderName) => {
    const name = readPartName(folderName);
    return name === undefined ? [] : [{ folderName, name }];
  });
}
