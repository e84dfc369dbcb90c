import { join } from 'node:path';
import type { Client } from '../network.ts';
import type { Surroundings } from './kind.ts';

/** Home and working folder of one appearance; gone when it is over. */
export function scratchOf(host: Client, { folder }: Surroundings): string {
  return join(folder, 'scratch', host.namespace);
}
