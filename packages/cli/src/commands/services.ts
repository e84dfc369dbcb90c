import type { EventOutput } from '@ja4/sentinel';
import type { Command } from 'commander';
import type { Logger } from 'pino';
import type { Override } from '../config/environment.ts';
import { checkpointDir, engineDir, modelDir, spoolDir } from '../config/folders.ts';
import type { Settings } from '../config/load-config.ts';
import { joinFilters, joinOptions } from '../join-options.ts';
import { operatorError } from '../operator-error.ts';
import { confine } from '../service/confine.ts';
import { confinementOf } from '../service/confinement.ts';
import { serviceLog } from '../service/log.ts';
import { runService } from '../service/run-service.ts';
import type { Service, ServiceName } from '../service/service.ts';
import { ignoreEarlyReload } from '../service/stop-request.ts';
import { type Dataset, memoryLimit, openStore } from '../store/open-store.ts';
import { type CommonOptions, optionsOf } from './options.ts';
import { settingsOf } from './settings.ts';

type ServiceOptions = CommonOptions & {
  readonly demo?: boolean;
  readonly interface?: readonly string[];
  readonly output?: readonly string[];
};

interface Start {
  readonly settings: Settings;
  /** The settings as file, environment and flags have them now. */
  readonly readAgain: () => Settings;
  readonly datasets: readonly Dataset[];
  readonly log: Logger;
}

/**
 * How each service is started from the settings: the only place that knows all of them. Each loads its own
 * package only, so that the five processes together stay small.
 */
const starters: Readonly<Record<ServiceName, (start: Start) => Promise<Service>>> = {
  store: async ({ settings, log }) =>
    (await import('@ja4/store')).startEngine({
      dataDir: engineDir(settings),
      port: settings.store.port,
      log,
      fsync: settings.store.fsync,
      ...memoryLimit(settings),
    }),
  correlator: async ({ settings, readAgain, log }) =>
    (await import('@ja4/correlator')).startCorrelator({
      socketsDir: settings.sockets.dir,
      socketsMode: settings.sockets.mode,
      ...(settings.sockets.group === undefined ? {} : { socketsGroup: settings.sockets.group }),
      // A batch whose outcome is open is sent again under its token.
      store: openStore(settings, 'live', 'writer', { requestTimeoutMs: insertTimeoutMs }),
      spool: {
        folder: spoolDir(settings),
        maxBytes: settings.correlator.spool_max_mb * 1_048_576,
        whenFull: settings.correlator.spool_full,
        fsync: settings.correlator.spool_fsync,
        commitMs: settings.correlator.spool_commit_ms,
      },
      checkpointDir: checkpointDir(settings),
      join: joinOptions(settings),
      reloadFilters: () => joinFilters(readAgain()),
      deniedHeaders: settings.correlator.deny_headers,
      log,
    }),
  sentinel: async ({ settings, log }) =>
    (await import('@ja4/sentinel'))
      .startSentinel({
        interfaces: settings.sentinel.interface,
        ports: settings.sentinel.ports,
        localAddresses: settings.sentinel.local_addresses,
        ...(settings.sentinel.bpf_filter === undefined ? {} : { bpfFilter: settings.sentinel.bpf_filter }),
        excludeSourceIps: settings.sentinel.exclude_source_ips,
        sensorId: settings.sentinel.sensor_id,
        outputs: settings.sentinel.output.map((name) => eventOutput(name, settings)),
        dropPrivileges: true,
        log,
      })
      .catch(refusedSetting),
  detector: async ({ settings, datasets, log }) =>
    (await import('@ja4/bot-detector')).startDetector({
      stores: datasets.map((dataset) => openStore(settings, dataset, 'writer')),
      cycleSeconds: settings.detector.cycle_s,
      scoreSeconds: settings.detector.score_s,
      coherenceThreshold: settings.detector.fingerprint_coherence_threshold,
      modelDir: modelDir(settings),
      log,
    }),
  dashboard: async ({ settings, datasets, log }) =>
    (await import('@ja4/dashboard')).startDashboard({
      host: settings.dashboard.host,
      port: settings.dashboard.port,
      datasets: datasets.map((dataset) => ({
        name: dataset,
        label: dataset === 'demo' ? 'Recorded sample' : 'This site',
        store: openStore(settings, dataset, 'reader', { requestTimeoutMs: pageTimeoutMs }),
      })),
      dataDir: settings.data_dir,
      log,
    }),
};

/** A store that hangs is given up after this time, milliseconds: an insert takes seconds at most. */
const insertTimeoutMs = 60_000;
/** As long as the engine itself gives a page's query (20 s), and a little more. */
const pageTimeoutMs = 25_000;
/** Counters are stored every ten seconds; nothing waits for them, but `/ready` goes by them. */
const counterTimeoutMs = 5_000;

/** What is wrong with a setting, but shows only where it is used: a filter, an output that is no file. */
const settingIsWrong: ReadonlySet<unknown> = new Set(['EINVAL', 'E2BIG', 'ENAMETOOLONG']);

/** Trying again cannot help: the exit status says so, as it does for what the schema refuses. */
function refusedSetting(error: unknown): never {
  if (error instanceof Error && 'code' in error && settingIsWrong.has(error.code)) {
    throw operatorError(String(error.code), error.message, 2);
  }
  throw error;
}

function eventOutput(name: string, settings: Settings): EventOutput {
  if (name === 'socket') return { kind: 'socket', path: `${settings.sockets.dir}/network.socket` };
  return name === 'stdout' ? { kind: 'stdout' } : { kind: 'file', path: name };
}

const descriptions: Readonly<Record<ServiceName, string>> = {
  store: 'the embedded ClickHouse on 127.0.0.1',
  correlator: 'receives both event streams, joins them and inserts',
  sentinel: 'captures handshakes and emits network events (needs CAP_NET_RAW)',
  detector: 'learns and scores on a cycle',
  dashboard: 'serves the pages and the API',
};

/** `ja4 store|correlator|sentinel|detector|dashboard`: one service in the foreground. */
export function addServiceCommands(program: Command): void {
  for (const name of Object.keys(starters) as ServiceName[]) {
    const command = program
      .command(name)
      .description(`service: ${descriptions[name]}`)
      .option('--demo', 'also for the databases of the bundled sample')
      .addHelpText('after', `\nExample:\n  ${examples[name] ?? `ja4 ${name} --config /etc/ja4/ja4.yml`}`);
    if (name === 'sentinel') {
      command
        .option('--interface <name...>', 'network interfaces to watch, or any')
        .option('--output <where...>', 'where events go: socket, stdout, files of JSON lines');
    }
    command.action(async (_options, command: Command) => {
      await serve(name, optionsOf<ServiceOptions>(command));
    });
  }
}

const examples: Readonly<Partial<Record<ServiceName, string>>> = {
  sentinel: 'sudo ja4 sentinel --interface eth0 --output stdout',
};

function sentinelFlags(options: ServiceOptions): Override[] {
  return (['interface', 'output'] as const).flatMap((key) => {
    const value = options[key];
    // With commas, too, as in the environment.
    return value === undefined ? [] : [{ path: ['sentinel', key], value: value.join(','), from: `--${key}` }];
  });
}

/** A sensor that writes files or to standard output works on machines that have no store. */
function hasStore(name: ServiceName, { sentinel, store }: Settings): boolean {
  return name !== 'sentinel' || sentinel.output.includes('socket') || store.url !== undefined;
}

async function serve(name: ServiceName, options: ServiceOptions): Promise<void> {
  ignoreEarlyReload();
  const readAgain = () => settingsOf(options, sentinelFlags(options));
  const settings = readAgain();
  const log = serviceLog(name, settings.log.level);
  const confinement = confinementOf(name, settings);
  if (confinement !== undefined) await confine(confinement, log);
  const datasets: readonly Dataset[] = options.demo === true ? ['demo', 'live'] : ['live'];
  const service = await starters[name]({ settings, readAgain, datasets, log });
  await runService({
    name,
    service,
    // The dashboard shows every service's counters beside either data set.
    openStores: () =>
      hasStore(name, settings)
        ? datasets.map((dataset) =>
            openStore(settings, dataset, 'writer', { requestTimeoutMs: counterTimeoutMs }),
          )
        : [],
    needsStore: name === 'detector' || name === 'dashboard',
    dataDir: settings.data_dir,
    healthPort: settings.services.health_port,
    log,
  });
}
