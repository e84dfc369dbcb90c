import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const bin = fileURLToPath(new URL('../bin', import.meta.url));

const program = `import { getCompileCacheDir } from 'node:module';
import { neighbour } from './neighbour.ts';
const facts: object = { pid: process.pid, args: process.argv.slice(2), cache: getCompileCacheDir(), neighbour };
process.stdout.write(JSON.stringify(facts));
`;

/** An installation with our launchers and a small program, in a folder whose name is not easy. */
function installation() {
  const folder = mkdtempSync(join(tmpdir(), 'ja4 launcher-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const cli = join(folder, 'packages', 'cli');
  const modules = join(folder, 'node_modules');
  cpSync(bin, join(cli, 'bin'), { recursive: true });
  mkdirSync(join(cli, 'src'));
  writeFileSync(join(cli, 'package.json'), '{"type":"module"}');
  writeFileSync(join(cli, 'src', 'main.ts'), program);
  writeFileSync(join(cli, 'src', 'neighbour.ts'), 'export const neighbour: boolean = true;\n');
  mkdirSync(join(modules, '.bin'), { recursive: true, mode: 0o755 });
  mkdirSync(join(modules, '@ja4'));
  symlinkSync('../../packages/cli', join(modules, '@ja4', 'cli'));
  symlinkSync('../@ja4/cli/bin/ja4', join(modules, '.bin', 'ja4'));
  const nodeFolder = join(modules, `node-linux-${process.arch}`, 'bin');
  mkdirSync(nodeFolder, { recursive: true });
  symlinkSync(process.execPath, join(nodeFolder, 'node'));
  return { folder, cli, modules, cache: join(modules, '.cache', 'ja4') };
}

// The one of `npx vitest` would hide what is tested.
const { NODE_COMPILE_CACHE: _ours, ...environment } = process.env;

function run(command: string, args: readonly string[], path = '/usr/bin:/bin') {
  const result = spawnSync(command, args, { encoding: 'utf8', env: { ...environment, PATH: path } });
  expect(result.stderr).toBe('');
  return JSON.parse(result.stdout) as { args: string[]; cache?: string; neighbour: boolean };
}

it('finds the bundled Node, whatever is on the PATH and by whatever name it is called', () => {
  const { folder, cli, modules } = installation();
  const elsewhere = join(folder, 'a link');
  symlinkSync(join(cli, 'bin', 'ja4'), elsewhere);
  const otherModules = join(folder, 'other', 'node_modules', '.bin');
  mkdirSync(otherModules, { recursive: true });
  const beside = join(otherModules, 'ja4');
  symlinkSync(join(modules, '.bin', 'ja4'), beside);
  for (const name of [join(cli, 'bin', 'ja4'), join(modules, '.bin', 'ja4'), elsewhere, beside]) {
    expect(run(name, ['--a', 'b c', '']).args).toEqual(['--a', 'b c', '']);
  }
  expect(run(process.execPath, [join(cli, 'bin', 'ja4.js'), 'x']).neighbour).toBe(true);
});

it('keeps its process id, so that signals reach the program', async () => {
  const { modules } = installation();
  const child = spawn(join(modules, '.bin', 'ja4'), [], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: environment,
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  await once(child, 'close');
  expect(JSON.parse(text)).toMatchObject({ pid: child.pid });
});

it('keeps compiled code where only the owner of the installation writes', () => {
  const { modules, cache } = installation();
  const { cache: used } = run(join(modules, '.bin', 'ja4'), []);
  expect(dirname(used ?? '')).toBe(cache);
  expect(statSync(cache).mode & 0o777).toBe(0o700);
});

it.each([
  ['others may write the installation', ({ modules }: { modules: string }) => chmodSync(modules, 0o777)],
  [
    'others may write the folder above',
    ({ modules }: { modules: string }) => {
      mkdirSync(join(modules, '.cache'));
      chmodSync(join(modules, '.cache'), 0o777);
    },
  ],
  [
    'others may read or write it',
    ({ cache }: { cache: string }) => {
      mkdirSync(cache, { recursive: true });
      chmodSync(cache, 0o755);
    },
  ],
  [
    'it is a link to elsewhere',
    ({ folder, cache }: { folder: string; cache: string }) => {
      mkdirSync(dirname(cache));
      symlinkSync(folder, cache);
    },
  ],
])('keeps none where %s', (_, spoil) => {
  const place = installation();
  spoil(place);
  expect(run(join(place.modules, '.bin', 'ja4'), [])).toMatchObject({ neighbour: true });
  expect(run(join(place.modules, '.bin', 'ja4'), []).cache).toBeUndefined();
});

it('makes no folder where nothing is installed', () => {
  const { cli, modules } = installation();
  rmSync(modules, { recursive: true });
  expect(run(process.execPath, [join(cli, 'bin', 'ja4.js')]).cache).toBeUndefined();
  expect(existsSync(modules)).toBe(false);
});
