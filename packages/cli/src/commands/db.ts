import { loadReferenceData, migrate, migrationStatus } from '@ja4/store';
import type { Command } from 'commander';
import { operatorError } from '../operator-error.ts';
import { serviceLog } from '../service/log.ts';
import { type Dataset, withStore, withStoreAsItIs } from '../store/open-store.ts';
import { optionsOf, printResult } from './options.ts';
import { settingsOf } from './settings.ts';

interface DbOptions {
  readonly demo?: boolean;
  readonly format?: string;
}

const demoFlag = ['--demo', 'work on the databases of the bundled sample'] as const;

/** `ja4 db migrate|status|query SQL` */
export function addDbCommands(program: Command): void {
  const db = program.command('db').description('the store: schema and ad-hoc queries');
  db.command('migrate')
    .description('bring the tables to the current version')
    .option(...demoFlag)
    .addHelpText('after', '\nExample:\n  ja4 db migrate')
    .action(async (_options, command: Command) => {
      await run(command, withStoreAsItIs, async (store, options) => {
        const report = await migrate(store);
        await loadReferenceData(store);
        const applied = report.applied.length;
        const text = applied === 0 ? 'nothing to do' : `applied ${report.applied.join(', ')}`;
        printResult(options, report, text);
      });
    });
  db.command('status')
    .description('list the migrations and when they were applied')
    .option(...demoFlag)
    .addHelpText('after', '\nExample:\n  ja4 db status --json')
    .action(async (_options, command: Command) => {
      await run(command, withStoreAsItIs, async (store, options) => {
        const status = await migrationStatus(store);
        const lines = status.map((step) => `${step.name}\t${step.appliedAt ?? 'not applied'}`);
        printResult(options, status, lines.join('\n'));
      });
    });
  db.command('query')
    .argument('<sql>', 'one statement')
    .description('run a statement and print its result')
    .option(...demoFlag)
    .option('--format <name>', "one of ClickHouse's formats", 'PrettyCompactMonoBlock')
    .addHelpText('after', '\nExample:\n  ja4 db query "SELECT count() FROM ja4_logs.http_logs"')
    .action(async (sql: string, _options, command: Command) => {
      await run(command, withStore, async (store, options) => {
        const format = options.json === true ? 'JSON' : (options.format ?? 'PrettyCompactMonoBlock');
        if (!/^[A-Za-z0-9]+$/.test(format)) {
          throw operatorError('BAD_FORMAT', `--format: ${format} is not the name of a format`, 2);
        }
        const result = await store.client.exec({
          query: sql,
          clickhouse_settings: { default_format: format } as Record<string, string>,
        });
        for await (const chunk of result.stream) process.stdout.write(chunk as Buffer);
      });
    });
}

async function run(
  command: Command,
  open: typeof withStore,
  work: (
    store: Parameters<typeof migrate>[0],
    options: ReturnType<typeof optionsOf<DbOptions>>,
  ) => Promise<void>,
): Promise<void> {
  const options = optionsOf<DbOptions>(command);
  const dataset: Dataset = options.demo === true ? 'demo' : 'live';
  await open(settingsOf(options), dataset, serviceLog('db', 'warn'), (store) => work(store, options));
}
