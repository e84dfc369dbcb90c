import type { SentinelOptions, Service } from './sentinel.ts';

/**
 * Starts live capture, see `startSentinel` in `sentinel.ts`. It is loaded only here: who reads files needs
 * neither system calls nor a logger, and works on systems that have no packet sockets.
 */
export async function startSentinel(options: SentinelOptions): Promise<Service> {
  return await (await import('./sentinel.ts')).startSentinel(options);
}
