import { startApache } from './apache.ts';
import { startHaproxy } from './haproxy.ts';
import { startNginx, startNginxNjs } from './nginx.ts';
import { startNode } from './node.ts';
import type { StartServer } from './server.ts';

/** The web servers that can serve the shop, by the name that `--server` takes. */
export const servers = {
  apache: startApache,
  haproxy: startHaproxy,
  nginx: startNginx,
  'nginx-njs': startNginxNjs,
  node: startNode,
} as const satisfies Record<string, StartServer>;
export type ServerName = keyof typeof servers;
