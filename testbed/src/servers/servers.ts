import { startApache } from './apache.ts';
import type { StartServer } from './server.ts';

/** The web servers that can serve the shop, by the name that `--server` takes. */
export const servers = {
  apache: startApache,
} as const satisfies Record<string, StartServer>;
export type ServerName = keyof typeof servers;
