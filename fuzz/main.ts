/**
 * `npm run fuzz -- TARGET… [--minutes N] [--seed N] [--out DIR]`, `npm run fuzz -- TARGET --replay FILE`,
 * `npm run fuzz -- variants [--count N] [--seed N]`, or `npm run fuzz -- datagrams [--count N] [--seed N]`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { FuzzTarget } from './fuzz-target.ts';
import { runWatched, type WorkerReport } from './watch.ts';

const targets = readdirSync(new URL('./targets/', import.meta.url))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .toSorted();

const instrumented = ['correlator', 'fingerprints', 'sentinel'].map(
  (name) => new URL(`../packages/${name}/src/`, import.meta.url).href,
);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: join(tmpdir(), 'ja4-fuzz') },
    count: { type: 'string', default: '20000' },
    replay: { type: 'string' },
  },
});

/** Memory that may be held more than before, in bytes. */
const allowedGrowth = 64 * 1024 * 1024;

function inWords(name: string, report: WorkerReport): string {
  const { reached, blocks, modules } = report.coverage;
  const perSecond = Math.round(report.executions / report.cpuSeconds);
  const poorest = modules
    .filter((module) => module.reached < module.blocks && module.reached > 0)
    .map(
      (module) => `    ${module.reached} of ${module.blocks}  ${module.name.replace(/^.*packages\//, '')}`,
    );
  return [
    `${name}: ${report.findings} findings, ${report.executions} inputs in ${(report.cpuSeconds / 60).toFixed(1)} CPU minutes (${perSecond}/s),`,
    `  ${reached} of ${blocks} branches reached by ${report.corpus} inputs, heap + ${Math.round(report.heapGrowth / 2 ** 20)} MiB`,
    ...poorest,
  ].join('\n');
}

const wanted = positionals.includes('all') ? targets : positionals;
if (wanted.length === 1 && wanted[0] === 'variants') {
  const { runVariants } = await import('./variants.ts');
  const folders = [
    ...['../packages/sentinel/src/', '../samples/'].map((folder) =>
      fileURLToPath(new URL(folder, import.meta.url)),
    ),
    resolve(process.env.JA4_TEST_CORPUS ?? '../shared/corpus', 'pcap'),
  ];
  process.exitCode = (await runVariants(folders, Number(values.count), Number(values.seed))) ? 0 : 1;
} else if (wanted.length === 1 && wanted[0] === 'datagrams') {
  const { datagramsInWords, runDatagrams } = await import('./datagrams.ts');
  const report = await runDatagrams(Number(values.count), Number(values.seed));
  process.stdout.write(datagramsInWords(report));
  process.exitCode = report.unaccounted === 0 && report.heldGrowth < allowedGrowth ? 0 : 1;
} else if (wanted.length === 0 || wanted.some((name) => !targets.includes(name))) {
  process.stderr.write(`fuzz: name 'variants', 'datagrams', 'all' or some of ${targets.join(', ')}\n`);
  process.exitCode = 2;
} else if (values.replay !== undefined) {
  const { target } = (await import(`./targets/${wanted[0]}.ts`)) as { target: FuzzTarget };
  const started = performance.now();
  target.run(readFileSync(values.replay));
  process.stdout.write(`${wanted[0]}: nothing wrong, ${(performance.now() - started).toFixed(1)} ms\n`);
} else {
  for (const name of wanted) {
    try {
      const report = await runWatched({
        target: name,
        module: new URL(`./targets/${name}.ts`, import.meta.url).href,
        seed: Number(values.seed),
        seconds: 60 * Number(values.minutes),
        deadlineMs: 1000,
        heapGrowth: allowedGrowth,
        folder: join(values.out, name),
        instrumented,
      });
      if (report.findings > 0) process.exitCode = 1;
      process.stdout.write(`${inWords(name, report)}\n`);
    } catch (error) {
      process.exitCode = 1;
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}
