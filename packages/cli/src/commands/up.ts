import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { modelDir } from '../config/folders.ts';
import type { Settings } from '../config/load-config.ts';
import { operatorError } from '../operator-error.ts';
import { withProgress } from '../progress.ts';
import type { ServiceName } from '../service/service.ts';
import { serviceNames } from '../service/service.ts';
import { serviceManager } from '../service/service-manager.ts';
import { stopRequested } from '../service/stop-request.ts';
import { type Dataset, dropDatabases, openStore, prepareStore, storeFailure } from '../store/open-store.ts';
import type { ChildState } from '../supervisor/child-service.ts';
import { readableLogLine } from '../supervisor/log-lines.ts';
import { RepeatFilter } from '../supervisor/repeat-filter.ts';
import { loadSampleInChild } from '../supervisor/sample-child.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { type CommonOptions, optionsOf } from './options.ts';
import { settingsOf } from './settings.ts';

type UpOptions = CommonOptions & { readonly demo?: boolean };

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** `ja4 up`: run the configured services, start again what dies, stop all cleanly. */
export function addUpCommand(program: Command): void {
  program
    .command('up')
    .description('run the whole platform on this machine')
    .option('--demo', 'also load the bundled sample, shifted to now, into databases of its own')
    .addHelpText('after', '\nExample:\n  sudo ja4 up --config /etc/ja4/ja4.yml')
    .action(async (_options, command: Command) => {
      await up(optionsOf<UpOptions>(command));
    });
}

async function up(options: UpOptions): Promise<void> {
  const settings = settingsOf(options);
  if (settings.services.run.includes('sentinel') && settings.sentinel.output.includes('stdout')) {
    throw operatorError(
      'STDOUT_TAKEN',
      'sentinel.output: stdout is for "ja4 sentinel" alone, because "ja4 up" talks there: name a file',
      2,
    );
  }
  const args = passedOn(options);
  const ready = new Map<ServiceName, boolean>();
  const running = new Map<ServiceName, boolean>();
  const manager = await serviceManager();
  const repeats = new RepeatFilter();
  const supervisor = new Supervisor({
    args: options.demo === true ? [...args, '--demo'] : args,
    onLog: (name, line) => {
      const text = readableLogLine(name, line, options.verbose === true);
      if (text !== undefined && repeats.fresh(text, performance.now())) process.stderr.write(`${text}\n`);
    },
    onState: (name, state) => {
      sayState(name, state, ready);
      running.set(name, state.kind === 'ready');
      manager.status(statusText(running));
    },
  });
  let isUp = false;
  const reload = async () => {
    if (isUp) await manager.reloading();
    await supervisor.reload();
    say('reloaded');
    if (isUp) await manager.ready(statusText(running));
  };
  const stopped = stopRequested(() => {
    reload().catch((error: unknown) => process.stderr.write(`cannot reload: ${String(error)}\n`));
  });
  try {
    const started = startAll(supervisor, settings, options, args);
    // A signal during the start must stop what is already there.
    const outcome = await Promise.race([stopped, started.then(() => undefined)]);
    if (outcome === undefined) {
      isUp = true;
      await manager.ready(statusText(running));
      manager.watch(() => ({ ok: true }));
      await stopped;
    }
    started.catch(() => {});
  } finally {
    say('stopping …');
    await manager.stopping();
    await supervisor.stop();
  }
  say('stopped');
}

async function startAll(
  supervisor: Supervisor,
  settings: Settings,
  options: UpOptions,
  args: readonly string[],
): Promise<void> {
  const wanted = serviceNames.filter((name) => settings.services.run.includes(name));
  if (settings.store.url === undefined && wanted.includes('store')) {
    const outcome = await supervisor.start('store', true);
    if (!outcome.ready) {
      throw operatorError('STORE_DID_NOT_START', `the store did not start: ${outcome.why}`);
    }
  }
  const datasets: readonly Dataset[] = options.demo === true ? ['demo', 'live'] : ['live'];
  await withProgress('tables', false, async (progress) => {
    for (const dataset of datasets) await prepareDataset(settings, dataset);
    progress.done('ready');
  });
  const intake = wanted.filter((name) => name === 'correlator' || name === 'sentinel');
  const runs = new Set<ServiceName>();
  const startService = async (name: ServiceName) => {
    if ((await supervisor.start(name)).ready) runs.add(name);
  };
  await Promise.all(intake.map(startService));
  if (options.demo === true) await loadSampleInChild(args);
  const rest = wanted.filter((name) => name === 'detector' || name === 'dashboard');
  await Promise.all(rest.map(startService));
  if (runs.has('correlator')) {
    say(`listening for live events in ${settings.sockets.dir} (http.socket, network.socket)`);
  }
  if (runs.has('dashboard')) {
    say(`dashboard: http://${settings.dashboard.host}:${settings.dashboard.port}/`);
  }
  say('Ctrl-C stops everything');
}

async function prepareDataset(settings: Settings, dataset: Dataset): Promise<void> {
  const store = openStore(settings, dataset, 'admin');
  try {
    if (dataset === 'demo') await forget(store, settings);
    await prepareStore(store, settings);
  } catch (error) {
    throw storeFailure(settings, error);
  } finally {
    await store.close();
  }
}

/**
 * The sample is loaded anew at each start, shifted to that moment: what an earlier start stored and learned
 * from it goes. Nothing of a real site is in these databases.
 */
async function forget(store: ReturnType<typeof openStore>, settings: Settings): Promise<void> {
  await rm(join(modelDir(settings), store.databases.processing), { recursive: true, force: true });
  await dropDatabases(store);
}

/** For `systemctl status`. */
function statusText(running: ReadonlyMap<ServiceName, boolean>): string {
  const named = (wanted: boolean) =>
    [...running]
      .filter(([, runs]) => runs === wanted)
      .map(([name]) => name)
      .join(', ');
  return named(false) === '' ? `runs ${named(true)}` : `runs ${named(true)}; off: ${named(false)}`;
}

function passedOn(options: UpOptions): string[] {
  return [
    ...(options.config === undefined ? [] : ['--config', options.config]),
    ...(options.dataDir === undefined ? [] : ['--data-dir', options.dataDir]),
    ...(options.verbose === true ? ['--verbose'] : []),
  ];
}

function sayState(name: ServiceName, state: ChildState, ready: Map<ServiceName, boolean>): void {
  if (state.kind === 'ready') {
    say(`${name} ${ready.get(name) === true ? 'is back' : 'runs'} (process ${state.pid})`);
    ready.set(name, true);
  } else if (state.kind === 'died') {
    if (state.repeated) return;
    const seconds = (state.restartInMs / 1000).toFixed(state.restartInMs < 1000 ? 2 : 0);
    process.stderr.write(`${name} died (${state.why}); started again in ${seconds} s, the others go on\n`);
  } else {
    process.stderr.write(`${name} stays off: ${state.why}\n`);
  }
}
