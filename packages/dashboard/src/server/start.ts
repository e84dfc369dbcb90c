import { buildApp } from './app.ts';
import { isLoopback } from './host-guard.ts';
import { DashboardError, type DashboardOptions, type DashboardService } from './options.ts';

export type { DashboardOptions, DashboardService, Dataset } from './options.ts';

/**
 * Starts the pages and the API.
 *
 * @throws DashboardError `dashboard-not-loopback` for an address others can reach, `dashboard-port-in-use`,
 * `dashboard-no-dataset`.
 */
export async function startDashboard(options: DashboardOptions): Promise<DashboardService> {
  if (!isLoopback(options.host)) {
    throw new DashboardError(
      'dashboard-not-loopback',
      `dashboard.host is ${options.host}, but nobody can sign in yet, so anyone who reaches that address could ` +
        'read everything: use 127.0.0.1, and reach it from elsewhere through an SSH tunnel ' +
        `(ssh -L ${options.port || 8000}:127.0.0.1:${options.port || 8000} <this machine>)`,
    );
  }
  if (options.datasets.length === 0) {
    throw new DashboardError(
      'dashboard-no-dataset',
      'the dashboard needs a store to read from: set store.url',
    );
  }
  const { app, counters, storeState } = await buildApp(options);
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    await app.close();
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new DashboardError(
        'dashboard-port-in-use',
        `dashboard.port ${options.port} on ${options.host} is in use: stop the other program or choose another port`,
      );
    }
    throw error;
  }
  const address = app.server.address();
  const port = address !== null && typeof address === 'object' ? address.port : options.port;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    counters,
    ready: storeState,
    stop: () => app.close(),
  };
}
