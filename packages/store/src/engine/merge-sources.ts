import { linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type PartName, readPartName } from './part-name.ts';

interface FoundPart {
  folderName: string;
  name: PartName;
}

function contains(outer: PartName, inner: PartName): boolean {
  return (
    outer.minBlock <= inner.minBlock &&
    outer.maxBlock >= inner.maxBlock &&
    outer.level >= inner.level &&
    outer.mutation >= inner.mutation
  );
}

/**
 * What a merged part was made from, as far as it lies at or below the table's mark: the widest parts in its range
 * that the engine has not cleared away yet.
 * @returns names of folders, in the order of their blocks
 */
export function mergeSources(names: readonly string[], merged: PartName, mark: number): string[] {
  const older = names
    .flatMap((folderName): FoundPart[] => {
      const name = readPartName(folderName);
      return name === undefined ? [] : [{ folderName, name }];
    })
    .filter(
      ({ name }) =>
        name.partition === merged.partition &&
        name.minBlock >= merged.minBlock &&
        name.maxBlock <= Math.min(mark, merged.maxBlock),
    );
  return older
    .filter((part) => !older.some((other) => other !== part && contains(other.name, part.name)))
    .sort((a, b) => a.name.minBlock - b.name.minBlock)
    .map(({ folderName }) => folderName);
}

/** Puts copies (hard links) of parts into the table's `detached`, from where the engine can attach them. */
export function linkToDetached(table: string, parts: readonly string[]): void {
  for (const part of parts) {
    const to = join(table, 'detached', part);
    rmSync(to, { recursive: true, force: true });
    linkFolder(join(table, part), to);
  }
}

function linkFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true }))
    if (entry.isDirectory()) linkFolder(join(from, entry.name), join(to, entry.name));
    else linkSync(join(from, entry.name), join(to, entry.name));
}
