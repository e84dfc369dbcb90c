import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { itNeeds, program } from '../../../../test/setup/needs.ts';
import { temporaryFolder } from './datagram-receiver.test-support.ts';

const script = fileURLToPath(new URL('./full-disk.test-program.ts', import.meta.url));

itNeeds(program('prlimit', 'util-linux'))(
  'takes back the half of a line that filled the disk, and writes everything when there is room again',
  () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'events.jsonl');
    const run = spawnSync('prlimit', ['--fsize=20001:unlimited', process.execPath, script, file], {
      encoding: 'utf8',
    });
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toEqual({
      wholeLinesWhileFull: true,
      allInTheEnd: true,
      written: 400,
      dropped: 0,
      said: ['events cannot be written', 'events are written again'],
    });
  },
);
