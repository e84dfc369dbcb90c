/**
 * Makes what `npm pack` packs: JavaScript, because Node strips types only outside of node_modules, and
 * CommonJS, because every Node from 18 on can both import and require that. With it goes the part of
 * @ja4/fingerprints that is used. `postpack.ts` puts the workspace's manifest back.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dist, folder, licenseFile, manifestFile, workspaceManifest } from './manifest.ts';

/** Of all packages: below it lies what is compiled. */
const packages = resolve(folder, '..');
const needed = realpathSync(fileURLToPath(import.meta.resolve('@ja4/fingerprints/http2')));
const find = createRequire(manifestFile).resolve;

/** The place of a source file's compiled form, as the manifest names it. */
const compiled = (source: string) => `./dist/${relative(packages, source).replace(/\.ts$/, '')}`;

function compile(): void {
  const configuration = {
    compilerOptions: {
      ...{ target: 'es2022', lib: ['es2022'], module: 'commonjs', moduleResolution: 'bundler' },
      ...{ types: ['node'], typeRoots: [resolve(find('@types/node/package.json'), '../..')] },
      ...{
        strict: true,
        skipLibCheck: true,
        noUncheckedIndexedAccess: true,
        exactOptionalPropertyTypes: true,
      },
      // Found below node_modules it would count as somebody else's, and not be compiled.
      paths: { '@ja4/fingerprints/http2': [needed] },
      ...{ rewriteRelativeImportExtensions: true, declaration: true, rootDir: packages, outDir: dist },
    },
    files: [join(folder, 'src/index.ts')],
  };
  const file = join(dist, 'tsconfig.json');
  writeFileSync(file, JSON.stringify(configuration));
  const tsc = join(dirname(find('typescript/package.json')), 'bin/tsc');
  const run = spawnSync(process.execPath, [tsc, '-p', file], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`tsc: ${run.stdout}${run.stderr}`);
  rmSync(file);
}

/** The other package's name, the only one that is imported, becomes a path. */
function joinParts(): void {
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(js|d\.ts)$/.test(name)) continue;
    const file = join(dist, name);
    const path = relative(dirname(file), join(folder, `${compiled(needed)}.js`));
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('@ja4/fingerprints/http2', path));
  }
}

function writeManifest(): void {
  const {
    scripts: _,
    devDependencies: __,
    private: ___,
    ...kept
  } = JSON.parse(readFileSync(manifestFile, 'utf8')) as Record<string, unknown>;
  const entry = compiled(join(folder, 'src/index.ts'));
  const main = { types: `${entry}.d.ts`, default: `${entry}.js` };
  const manifest = {
    ...kept,
    main: main.default,
    types: main.types,
    exports: { '.': main },
  };
  copyFileSync(manifestFile, workspaceManifest);
  writeFileSync(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
compile();
joinParts();
// The package says otherwise, because its sources are modules.
writeFileSync(join(dist, 'package.json'), '{ "type": "commonjs" }\n');
copyFileSync(resolve(packages, '../LICENSE'), licenseFile);
writeManifest();
