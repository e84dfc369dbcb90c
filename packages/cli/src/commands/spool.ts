import { resolve } from 'node:path';
import { drainSpool, Spool, type SpoolStatus, spooledRows, spoolStatus } from '@ja4/correlator';
import { decodeRowBinary } from '@ja4/store';
import { type Command, InvalidArgumentError } from 'commander';
import { spoolDir } from '../config/folders.ts';
import type { Settings } from '../config/load-config.ts';
import { LineWriter } from '../line-writer.ts';
import { operatorError } from '../operator-error.ts';
import { serviceLog } from '../service/log.ts';
import { withStore } from '../store/open-store.ts';
import { optionsOf, printResult } from './options.ts';
import { settingsOf } from './settings.ts';

interface InspectOptions {
  readonly rejected?: boolean;
  readonly limit: number;
}

const folderArgument = ['[folder]', "a spool's folder (default: the correlator's own)"] as const;

/** `ja4 spool status|inspect|replay`: the rows on disk between join and store. */
export function addSpoolCommands(program: Command): void {
  const spool = program.command('spool').description('the rows on disk between join and store');
  spool
    .command('status')
    .argument(...folderArgument)
    .description('say what waits, what was rejected and what is damaged')
    .addHelpText('after', '\nExample:\n  ja4 spool status --json')
    .action(async (folder: string | undefined, _options, command: Command) => {
      const options = optionsOf(command);
      const status = await spoolStatus(folderOf(folder, settingsOf(options)));
      const { heldBy = null, oldestMs = null } = status;
      printResult(options, { ...status, heldBy, oldestMs }, statusText(status));
    });
  spool
    .command('inspect')
    .argument(...folderArgument)
    .description('print waiting rows as JSON lines')
    .option('--rejected', 'the rows that the store did not take, with its reason')
    .option('--limit <n>', 'at most so many rows', parseCount, 100)
    .addHelpText('after', '\nExample:\n  ja4 spool inspect --rejected --limit 5')
    .action(async (folder: string | undefined, _options, command: Command) => {
      const options = optionsOf<InspectOptions>(command);
      await inspect(folderOf(folder, settingsOf(options)), options);
    });
  spool
    .command('replay')
    .argument(...folderArgument)
    .description('bring what lies in a spool that no correlator uses into the store')
    .addHelpText('after', '\nExample:\n  ja4 spool replay /var/backups/ja4/spool')
    .action(async (folder: string | undefined, _options, command: Command) => {
      const options = optionsOf(command);
      const settings = settingsOf(options);
      const report = await replaySpool(folderOf(folder, settings), settings);
      printResult(options, report, `${report.rowsStored} rows stored, ${report.rowsRejected} rejected`);
    });
}

const folderOf = (argument: string | undefined, settings: Settings): string =>
  argument === undefined ? spoolDir(settings) : resolve(argument);

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new InvalidArgumentError('expected a positive number.');
  return count;
}

async function inspect(folder: string, { rejected = false, limit }: InspectOptions): Promise<void> {
  const output = new LineWriter(1);
  let left = limit;
  for await (const { columns, bytes, receivedMs, why } of spooledRows(
    folder,
    rejected ? 'rejected' : 'waiting',
  )) {
    const decoded = decodeRowBinary(columns, bytes);
    const row = decoded.ok
      ? decoded.rows[0]
      : { undecodable: decoded.reason, at: decoded.at, bytes: Buffer.from(bytes).toString('base64') };
    const received = new Date(receivedMs).toISOString();
    output.write(JSON.stringify(rejected ? { received, why, row } : row));
    if (--left === 0 || output.gone) break;
  }
  output.flush();
}

async function replaySpool(folder: string, settings: Settings) {
  const log = serviceLog('spool', 'warn');
  // Says that there is none instead of making one.
  await spoolStatus(folder);
  const { spool_max_mb: megabytes, spool_fsync: fsync } = settings.correlator;
  const spool = await Spool.open({ folder, maxBytes: megabytes * 1_048_576, fsync, log });
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const { signal } = stop;
    const report = await withStore(settings, 'live', log, (store) =>
      drainSpool(spool, store, { log, signal }),
    );
    const { rows } = spool.waiting();
    if (rows > 0)
      throw operatorError('SPOOL_NOT_EMPTY', `${rows} rows are still in ${folder}: ${report.why}`);
    return report;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await spool.close();
  }
}

function statusText(status: SpoolStatus): string {
  const { heldBy, rows, bytes, segments, oldestMs, inFlight, rejected, damaged, findings } = status;
  const oldest =
    oldestMs === undefined
      ? 'none'
      : `${new Date(oldestMs).toISOString()}, ${Math.round((Date.now() - oldestMs) / 1000)} s ago`;
  const lines = [
    [
      'folder',
      `${status.folder} (${heldBy === undefined ? 'no process uses it' : `process ${heldBy} uses it`})`,
    ],
    ['waiting', `${rows} rows, ${bytes} bytes, in ${segments} segments`],
    ['oldest', oldest],
    ['in flight', `${inFlight} rows`],
    ['rejected', `${rejected.rows} rows`],
    ['damaged', `${damaged.files} files, ${damaged.bytes} bytes`],
    ...findings.map(({ file, bytes: size, reason, done }) => [
      done === 'cut' ? 'to be cut' : 'unreadable',
      `${file}: ${size} bytes (${reason})`,
    ]),
  ];
  return lines.map(([name = '', text]) => `${name.padEnd(11)}${text}`).join('\n');
}
