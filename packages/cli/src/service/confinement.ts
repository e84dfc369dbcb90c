import { mkdirSync } from 'node:fs';
import { engineDir } from '../config/folders.ts';
import type { Settings } from '../config/load-config.ts';
import type { Confinement } from './confine.ts';
import { type ServiceName, serviceNames } from './service.ts';

/**
 * What a service needs; undefined for the sentinel, which gives up its capabilities itself when its socket is open.
 * The store's engine runs statements: it writes to its own folder and connects to itself, for its counters.
 */
export function confinementOf(name: ServiceName, settings: Settings): Confinement | undefined {
  if (name === 'sentinel') return undefined;
  if (name !== 'store') return {};
  const folder = engineDir(settings);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { health_port: base } = settings.services;
  const health = base === 0 ? 0 : base + serviceNames.indexOf(name);
  const { port } = settings.store;
  const ports = port === 0 ? undefined : { listen: [port, health], connect: [port] };
  return { writable: [folder, '/dev/null'], ...(ports === undefined ? {} : { ports }) };
}
