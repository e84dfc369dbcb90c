import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('makes no folder that others may write, whatever the umask', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ja4-umask-'));
  const data = join(folder, 'data');
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const script = 'umask 0; exec "$0" "$1" db query "SELECT 1" --data-dir "$2"';
  spawnSync('sh', ['-c', script, process.execPath, main, data]);
  expect(statSync(data).mode & 0o777).toBe(0o755);
  rmSync(folder, { recursive: true, force: true });
});
