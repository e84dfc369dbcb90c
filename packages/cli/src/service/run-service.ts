import type { Store } from '@ja4/store';
import { recordMetrics } from '@ja4/store';
import type { Logger } from 'pino';
import { startHealthServer } from './health-server.ts';
import { type Service, type ServiceName, serviceNames } from './service.ts';
import { type ServiceManager, serviceManager } from './service-manager.ts';
import { stopRequested } from './stop-request.ts';

const metricsIntervalMs = 10_000;
const statusIntervalMs = 2_000;
const sayAfterFailures = 3;

export interface RunOptions {
  readonly name: ServiceName;
  readonly service: Service;
  /** Where the counters go every ten seconds. */
  readonly stores: readonly Store[];
  /** Base of the health ports; 0 lets the system choose one. */
  readonly healthPort: number;
  readonly log: Logger;
}

/**
 * Runs a started service until it is asked to stop, or has nothing left to do: health, metrics, word to systemd,
 * and a clean stop with everything flushed. Resolves when it has stopped.
 */
export async function runService({ name, service, stores, healthPort, log }: RunOptions): Promise<void> {
  const port = healthPort === 0 ? 0 : healthPort + serviceNames.indexOf(name);
  const health = await startHealthServer(name, service, port).catch(async (error: unknown) => {
    // What already runs would keep the process alive, neither working nor ended.
    await service.stop();
    throw error;
  });
  let failures = 0;
  const metrics = setInterval(() => {
    for (const store of stores) {
      recordMetrics(store, name, service.counters()).then(
        () => {
          failures = 0;
        },
        (error: unknown) => {
          // Once per outage, and not while the store is only started again: that is said elsewhere.
          failures += 1;
          if (failures === sayAfterFailures) log.warn({ error: String(error) }, 'counters cannot be stored');
        },
      );
    }
  }, metricsIntervalMs);
  metrics.unref();

  const manager = await serviceManager();
  const status = setInterval(() => manager.status(statusText(service)), statusIntervalMs);
  status.unref();
  const stopRequest = stopRequested(() => reload(name, service, manager, log));
  process.send?.({ type: 'ready', name });
  log.info({ health_port: port }, `${name} runs`);
  // Whether anybody sends to it or listens is not part of being started: then two services would wait for each other.
  await manager.ready(statusText(service));
  manager.watch(() => service.alive?.() ?? { ok: true });

  const why = await Promise.race([stopRequest, ...(service.ended === undefined ? [] : [service.ended])]);
  log.info({ why }, `${name} stops`);
  clearInterval(status);
  clearInterval(metrics);
  await manager.stopping();
  await service.stop();
  health.close();
  await Promise.allSettled(stores.map((store) => store.close()));
}

function statusText(service: Service): string {
  const state = service.ready();
  return state.ok ? 'works' : `waits: ${state.why ?? 'not ready'}`;
}

/** On SIGHUP; the supervisor, who passed it on, waits for the answer. */
function reload(name: ServiceName, service: Service, manager: ServiceManager, log: Logger): void {
  const work = async () => {
    await manager.reloading();
    if (service.reload === undefined) log.info(`${name} has nothing to reload`);
    else await service.reload();
    await manager.ready(statusText(service));
    process.send?.({ type: 'reloaded', name });
  };
  work().catch((error: unknown) => log.error({ error: String(error) }, `${name} cannot reload`));
}
