import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Seconds that the engine keeps what it has merged. chDB's own 0 would leave nothing to undo an insert with,
 * and nothing to fall back to when the power goes before a merged part is on disk.
 */
const keepMergedSeconds = 60;

/**
 * Writes the engine's configuration for what no option of a connection can say: defaults of its tables.
 * @param fsync whether a merged part is on disk before what it was made from goes
 * @returns the file's path
 */
export function writeEngineConfig(dataDir: string, fsync: boolean): string {
  const tables: Record<string, number> = {
    old_parts_lifetime: keepMergedSeconds,
    ...(fsync ? { min_rows_to_fsync_after_merge: 1 } : {}),
  };
  const lines = Object.entries(tables).map(([name, value]) => `    <${name}>${value}</${name}>`);
  const path = join(dataDir, 'engine.xml');
  writeFileSync(path, `<clickhouse>\n  <merge_tree>\n${lines.join('\n')}\n  </merge_tree>\n</clickhouse>\n`, {
    mode: 0o600,
  });
  return path;
}
