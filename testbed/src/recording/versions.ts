import { type ClientName, clients } from '../clients/clients.ts';
import { type Need, program } from '../clients/needs.ts';
import type { ServerName } from '../servers/servers.ts';

/** Debian packages of the servers; Node's own version is always there. */
const serverPackages: Readonly<Record<string, string>> = {
  apache: 'apache2',
  haproxy: 'haproxy',
  nginx: 'nginx',
  'nginx-njs': 'nginx',
};

/** What is installed of everything that the kinds need, and of the server. */
export function versionsOf(names: Iterable<ClientName>, server: ServerName): Record<string, string> {
  const debianPackage = serverPackages[server];
  const needs: Need[] = debianPackage === undefined ? [] : [program(debianPackage)];
  for (const name of names) needs.push(...clients[name].needs);
  const versions = new Map([['node', process.versions.node]]);
  for (const need of needs) {
    const version = need.version();
    if (version) versions.set(need.what, version);
  }
  return Object.fromEntries([...versions].sort(([a], [b]) => a.localeCompare(b)));
}
