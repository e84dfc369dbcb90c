import type { Store } from '@ja4/store';
import type { Logger } from 'pino';
import { recordCounters } from './counter-records.ts';
import { freeSpaceCounter } from './free-space.ts';
import { portOf, startHealthServer } from './health-server.ts';
import { type Service, type ServiceName, type State, serviceNames } from './service.ts';
import { type ServiceManager, serviceManager } from './service-manager.ts';
import { stopRequested } from './stop-request.ts';

const statusIntervalMs = 2_000;

export interface RunOptions {
  readonly name: ServiceName;
  readonly service: Service;
  /** Where the counters go every ten seconds; it throws as long as there is no store yet. */
  readonly openStores: () => readonly Store[];
  /** Whether the service can do nothing without a store that answers. */
  readonly needsStore?: boolean;
  /** Where everything is written: how much room it has is counted, too. */
  readonly dataDir?: string;
  /** Base of the health ports; 0 lets the system choose one. */
  readonly healthPort: number;
  readonly log: Logger;
}

/**
 * Runs a started service until it is asked to stop, or has nothing left to do: health, metrics, word to systemd,
 * and a clean stop with everything flushed. Resolves when it has stopped.
 */
export async function runService(options: RunOptions): Promise<void> {
  const { name, service, openStores, healthPort, log } = options;
  const port = healthPort === 0 ? 0 : healthPort + serviceNames.indexOf(name);
  const told: Pick<Service, 'counters' | 'carried' | 'metricOf' | 'alive'> = {
    counters: () => ({
      ...service.counters(),
      ...(options.dataDir === undefined ? {} : freeSpaceCounter(options.dataDir)),
    }),
    carried: () => service.carried?.() ?? {},
    metricOf: (counter) => service.metricOf?.(counter),
    alive: () => service.alive?.() ?? { ok: true },
  };
  const records = recordCounters({ name, service: told, openStores, log });
  const ready = (): State => {
    const own = service.ready();
    return own.ok && options.needsStore === true ? records.state() : own;
  };
  const health = await startHealthServer(name, told, ready, port).catch(async (error: unknown) => {
    // What already runs would keep the process alive, neither working nor ended.
    await Promise.all([service.stop(), records.stop()]);
    throw error;
  });
  const manager = await serviceManager();
  const status = setInterval(() => manager.status(statusText(ready)), statusIntervalMs);
  status.unref();
  const stopRequest = stopRequested(() => reload({ name, service, log }, manager, ready));
  process.send?.({ type: 'ready', name });
  log.info({ health_port: portOf(health) }, `${name} runs`);
  // Whether anybody sends to it or listens is not part of being started: then two services would wait for each other.
  await manager.ready(statusText(ready));
  manager.watch(() => service.alive?.() ?? { ok: true });

  const why = await Promise.race([stopRequest, ...(service.ended === undefined ? [] : [service.ended])]);
  log.info({ why }, `${name} stops`);
  clearInterval(status);
  await manager.stopping();
  await service.stop();
  health.close();
  await records.stop();
}

function statusText(ready: () => State): string {
  const state = ready();
  return state.ok ? 'works' : `waits: ${state.why ?? 'not ready'}`;
}

/** On SIGHUP; the supervisor, who passed it on, waits for the answer. What cannot be reloaded stays as it is. */
function reload(
  { name, service, log }: Pick<RunOptions, 'name' | 'service' | 'log'>,
  manager: ServiceManager,
  ready: () => State,
): void {
  const work = async () => {
    await manager.reloading();
    try {
      if (service.reload === undefined) log.info(`${name} has nothing to reload`);
      else {
        await service.reload();
        log.info(`${name} has reloaded`);
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.error({ error: why }, `${name} cannot reload, and goes on as before: ${why}`);
    }
    // Reloading has ended, either way.
    await manager.ready(statusText(ready));
    process.send?.({ type: 'reloaded', name });
  };
  work().catch((error: unknown) => log.error({ error: String(error) }, `${name} cannot answer a reload`));
}
