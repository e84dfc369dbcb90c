import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from './datagram-receiver.test-support.ts';

const script = fileURLToPath(new URL('./standard-output.test-program.ts', import.meta.url));

interface Result {
  readonly ended?: string;
  readonly stdout_written: number;
  readonly stdout_dropped: number;
  readonly stdout_dropped_stop: number;
}

/** The shell's `$0 $1 $2` is the program. */
function shell(command: string, lines: number): { indexes: number[]; result: Result } {
  const run = spawnSync('sh', ['-c', command, process.execPath, script, String(lines)], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  const indexes = run.stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { index: number }).index);
  return { indexes, result: JSON.parse(run.stderr) as Result };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

it.each([
  ['a pipe', '"$0" "$1" "$2" | cat'],
  ['a socket', '"$0" "$1" "$2"'],
])('writes every event to %s', (_, command) => {
  const { indexes, result } = shell(command, 10_000);
  expect(indexes).toEqual(upTo(10_000));
  expect(result).toMatchObject({ stdout_written: 10_000, stdout_dropped: 0, stdout_dropped_stop: 0 });
});

it('writes every event to a file', () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'out');
  const run = spawnSync('sh', [
    '-c',
    `echo before > ${file}; "$0" "$1" 1000 >> ${file}`,
    process.execPath,
    script,
  ]);
  expect(run.status).toBe(0);
  const lines = readFileSync(file, 'utf8').split('\n');
  expect(lines.length).toBe(1_002);
  expect(lines[0]).toBe('before');
});

it('ends, and says why, when nobody reads any more', () => {
  const { indexes, result } = shell('"$0" "$1" "$2" | head -n 3', 1_000_000);
  expect(indexes).toEqual([0, 1, 2]);
  expect(result.ended).toBe('nobody reads standard output any more');
});

it('waits neither for a reader that sleeps nor at its end, and counts what that cost', () => {
  const began = performance.now();
  const { result } = shell('"$0" "$1" "$2" | (sleep 3; cat >/dev/null)', 60_000);
  expect(performance.now() - began).toBeLessThan(15_000);
  expect(result.stdout_dropped).toBeGreaterThan(0);
  expect(result.stdout_written + result.stdout_dropped + result.stdout_dropped_stop).toBe(60_000);
});
