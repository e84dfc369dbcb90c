import { join } from 'node:path';
import { makeCertificates } from './certificates.ts';
import type { Surroundings } from './clients/kind.ts';
import { buildNetwork, type Network, tearDown } from './network.ts';
import { run } from './run.ts';
import { makeScratch } from './scratch-folder.ts';
import { type ServerName, servers } from './servers/servers.ts';
import { makeSite } from './site/make-site.ts';
import { startBackend } from './site/start-backend.ts';
import { claimSlot } from './slot.ts';

export interface ShopOptions {
  /** Datagram socket that the server reports to (`http.socket` of a platform, or a receiver's). */
  readonly socketPath: string;
  /** Default `apache`. */
  readonly server?: ServerName;
  /** `server_id` of the events. */
  readonly serverId?: string;
  /** False puts the server into the machine's own network, where a platform may already listen. */
  readonly serverNamespace?: boolean;
  /** 2 plays clients with half the pauses. */
  readonly speed?: number;
  /** Of the hosts' looks on the network; 1 unless said otherwise. */
  readonly seed?: number;
  /** Emptied first; holds certificates, site, logs, browser profiles. */
  readonly folder?: string;
  /** Called when the network stands and before the server starts: the moment to begin capturing. */
  readonly beforeServer?: (network: Network) => Promise<void>;
}

/** A shop that is open: a real web server, real TLS, a source of events, and a network to visit it from. */
export interface Shop {
  readonly network: Network;
  /** What `runClient` and `play` want to know. */
  readonly surroundings: Surroundings;
  /** Stops the server and waits, so that every event has been sent. */
  stopServer(): Promise<void>;
  /** Stops the server and removes the network with everything that runs in it. */
  close(): Promise<void>;
}

/** Builds network, certificates and site and starts the server. Needs root. */
export async function openShop(options: ShopOptions): Promise<Shop> {
  const folder = options.folder ?? (await claimSlot()).folder;
  const network = await buildNetwork({
    serverNamespace: options.serverNamespace ?? true,
    seed: options.seed ?? 1,
  });
  try {
    await makeScratch(folder);
    const certificates = await makeCertificates(join(folder, 'tls'));
    const site = await makeSite(join(folder, 'site'));
    const chromiumVersion = await run('chromium', ['--version']).catch(() => '0.');
    await options.beforeServer?.(network);
    const { socketPath, serverId, server: name = 'apache' } = options;
    const backend = await startBackend({ network, site });
    const started = { network, certificates, site, backendPort: backend.port, socketPath };
    const server = await servers[name]({
      ...{ ...started, folder: join(folder, name) },
      ...(serverId ? { serverId } : {}),
    }).catch(async (error: unknown) => {
      await backend.stop();
      throw error;
    });
    const stopServer = async () => {
      await server.stop();
      await backend.stop();
    };
    return {
      network,
      surroundings: { folder, authority: certificates.authority, speed: options.speed ?? 1, chromiumVersion },
      stopServer,
      async close() {
        await stopServer();
        await tearDown();
      },
    };
  } catch (error) {
    await tearDown();
    throw error;
  }
}
