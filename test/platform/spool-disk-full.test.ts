import { spawnSync } from 'node:child_process';
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { itNeeds, root } from '../setup/needs.ts';

const program = fileURLToPath(new URL('../setup/full-disk.test-program.ts', import.meta.url));

/** Runs the program on a disk of 4 MiB that nobody else sees. */
function onSmallDisk(policy: 'block' | 'drop') {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'ja4-full-disk-'));
  const script = 'mount -t tmpfs -o size=4m ja4-test "$1" && exec "$2" "$3" "$1" "$4"';
  const run = spawnSync(
    'unshare',
    ['--mount', 'sh', '-c', script, 'sh', folder.path, process.execPath, program, policy],
    { encoding: 'utf8', timeout: 60_000 },
  );
  expect(run.stderr).toBe('');
  return JSON.parse(run.stdout);
}

const refusing = { ok: false, why: expect.stringMatching(/cannot be written \(ENOSPC/) };

itNeeds(root)('pauses when its disk is full, loses no row, and goes on when there is room', () => {
  const { full, freed, drained, appended, accepted, dropped, lost, taken, lines } = onSmallDisk('block');
  expect(full).toMatchObject({ ready: refusing, waits: true, spool_disk_refuses: 1 });
  expect(freed).toEqual({ ready: { ok: true }, waits: false });
  expect(drained).toEqual({ ready: { ok: true }, waits: false });
  expect({ accepted, dropped, lost }).toEqual({ accepted: appended, dropped: 0, lost: 0 });
  expect(taken).toEqual(Array.from({ length: appended }, (_, row) => row));
  expect(lines).toEqual([
    expect.stringContaining('cannot be written'),
    'the spool can be written again',
    expect.stringContaining('cannot be written'),
    'the spool can be written again',
  ]);
});

itNeeds(root)('keeps every row that it took, and counts the others, where it drops', () => {
  const { appended, accepted, dropped, lost, taken } = onSmallDisk('drop');
  expect(accepted + dropped).toBe(appended);
  expect(lost).toBe(0);
  expect(taken).toHaveLength(accepted);
  expect(new Set(taken).size).toBe(accepted);
});
