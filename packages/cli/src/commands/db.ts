import {
  loadReferenceData,
  migrate,
  migrationStatus,
  type PlannedMigration,
  plannedMigrations,
  plannedRetention,
  renderMigrations,
  type Store,
  type Topology,
} from '@ja4/store';
import type { Command } from 'commander';
import type { Settings } from '../config/load-config.ts';
import { operatorError } from '../operator-error.ts';
import { serviceLog } from '../service/log.ts';
import {
  type Dataset,
  databasesOf,
  retentionOf,
  topologyOf,
  withStore,
  withStoreAsItIs,
} from '../store/open-store.ts';
import { type CommonOptions, optionsOf, printResult } from './options.ts';
import { settingsOf } from './settings.ts';

interface DbOptions {
  readonly demo?: boolean;
  readonly format?: string;
  readonly dryRun?: boolean;
  readonly all?: boolean;
}

type Options = DbOptions & CommonOptions;

const demoFlag = ['--demo', 'work on the databases of the bundled sample'] as const;

/** `ja4 db migrate|status|query SQL` */
export function addDbCommands(program: Command): void {
  const db = program.command('db').description('the store: schema and ad-hoc queries');
  db.command('migrate')
    .description('bring the tables to the current version and to the retention that the settings say')
    .option('--dry-run', 'print the statements that would be sent, and change nothing')
    .option('--all', 'with --dry-run: all statements, as for a new store, without asking one')
    .option(...demoFlag)
    .addHelpText('after', '\nExample:\n  ja4 db migrate --dry-run')
    .action(async (_options, command: Command) => {
      const options = optionsOf<DbOptions>(command);
      if (options.all === true && options.dryRun !== true) {
        throw operatorError('ALL_OF_WHAT', '--all: belongs to --dry-run', 2);
      }
      if (options.all === true) return printAll(options);
      await run(command, withStoreAsItIs, options.dryRun === true ? printPlan : applyMigrations);
    });
  db.command('status')
    .description('list the migrations and when they were applied')
    .option(...demoFlag)
    .addHelpText('after', '\nExample:\n  ja4 db status --json')
    .action(async (_options, command: Command) => {
      await run(command, withStoreAsItIs, async (store, options) => {
        const status = await migrationStatus(store);
        const lines = status.map(({ name, state, appliedAt }) => `${name}\t${stateText(state, appliedAt)}`);
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

async function applyMigrations(store: Store, options: Options, settings: Settings): Promise<void> {
  const report = await migrate(store, { retention: retentionOf(settings) });
  await loadReferenceData(store);
  const done = [
    ...(report.applied.length === 0 ? [] : [`applied ${report.applied.join(', ')}`]),
    ...report.retention.map(
      ({ table, fromDays, toDays }) => `${table}: kept ${toDays} days, not ${fromDays}`,
    ),
  ];
  printResult(options, report, done.length === 0 ? 'nothing to do' : done.join('\n'));
}

async function printPlan(store: Store, options: Options, settings: Settings): Promise<void> {
  const steps = await plannedMigrations({ ...store, topology: withoutSecrets(store.topology) });
  // Of tables that are not there yet nothing can be said; they are made with the retention of their migration.
  const retention = await plannedRetention(store, retentionOf(settings));
  const plan = [
    ...steps,
    ...(retention.length === 0
      ? []
      : [{ name: 'retention', statements: retention.map(({ statement }) => statement) }]),
  ];
  printResult(options, plan, plan.length === 0 ? '-- nothing to do' : planText(plan));
}

function printAll(options: Options): void {
  const settings = settingsOf(options);
  const topology = withoutSecrets(topologyOf(settings));
  const plan = renderMigrations({ databases: databasesOf(settings, datasetOf(options)), topology });
  printResult(options, plan, planText(plan));
}

/** What is printed has the place of a password, and not the password. */
function withoutSecrets(topology: Topology): Topology {
  if (topology.kind === 'embedded' || topology.dictionaryLogin === undefined) return topology;
  return { ...topology, dictionaryLogin: { ...topology.dictionaryLogin, password: '[hidden]' } };
}

function planText(plan: readonly PlannedMigration[]): string {
  return plan
    .map(({ name, statements }) =>
      [`-- ${name}`, ...statements.map((statement) => `${statement}\n;`)].join('\n'),
    )
    .join('\n\n');
}

function stateText(state: string, appliedAt = ''): string {
  if (state === 'pending') return 'not applied';
  if (state === 'applied') return appliedAt;
  return state === 'changed'
    ? `${appliedAt}, but the file was changed since`
    : `${appliedAt}, by a newer version`;
}

const datasetOf = ({ demo }: DbOptions): Dataset => (demo === true ? 'demo' : 'live');

async function run(
  command: Command,
  open: typeof withStore,
  work: (store: Store, options: Options, settings: Settings) => Promise<void>,
): Promise<void> {
  const options = optionsOf<DbOptions>(command);
  const settings = settingsOf(options);
  await open(settings, datasetOf(options), serviceLog('db', 'warn'), (store) =>
    work(store, options, settings),
  );
}
