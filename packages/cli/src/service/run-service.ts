import type { Store } from '@ja4/store';
import { recordMetrics } from '@ja4/store';
import type { Logger } from 'pino';
import { startHealthServer } from './health-server.ts';
import { type Service, type ServiceName, serviceNames } from './service.ts';
import { stopRequested } from './stop-request.ts';

const metricsIntervalMs = 10_000;
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
 * Runs a started service until it is asked to stop: health, metrics, and a clean stop with everything flushed.
 * Resolves when it has stopped.
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

  process.send?.({ type: 'ready', name });
  log.info({ health_port: port }, `${name} runs`);
  const why = await stopRequested();
  log.info({ why }, `${name} stops`);
  clearInterval(metrics);
  await service.stop();
  health.close();
  await Promise.allSettled(stores.map((store) => store.close()));
}
