import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startApache } from './apache.ts';
import { makeCertificates } from './certificates.ts';
import type { Surroundings } from './clients/kind.ts';
import { buildNetwork, type Network, tearDown } from './network.ts';
import { run } from './run.ts';
import { makeSite } from './site/make-site.ts';
import { claimSlot } from './slot.ts';

export interface ShopOptions {
  /** Datagram socket that mod_reqin_log reports to (`http.socket` of a platform, or a receiver's). */
  readonly socketPath: string;
  /** `server_id` of the events. */
  readonly serverId?: string;
  /** False puts the server into the machine's own network, where a platform may already listen. */
  readonly serverNamespace?: boolean;
  /** 2 plays clients with half the pauses. */
  readonly speed?: number;
  /** Emptied first; holds certificates, site, logs, browser profiles. */
  readonly folder?: string;
  /** Called when the network stands and before the server starts: the moment to begin capturing. */
  readonly beforeServer?: (network: Network) => Promise<void>;
}

/** A shop that is open: real Apache, real TLS, the built module, and a network to visit it from. */
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
  const network = await buildNetwork({ serverNamespace: options.serverNamespace ?? true });
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o755 });
    const certificates = await makeCertificates(join(folder, 'tls'));
    const site = await makeSite(join(folder, 'site'));
    const chromiumVersion = await run('chromium', ['--version']).catch(() => '0.');
    await options.beforeServer?.(network);
    const { socketPath, serverId } = options;
    const server = { network, certificates, site, folder: join(folder, 'apache'), socketPath };
    const apache = await startApache({ ...server, ...(serverId ? { serverId } : {}) });
    return {
      network,
      surroundings: { folder, authority: certificates.authority, speed: options.speed ?? 1, chromiumVersion },
      stopServer: () => apache.stop(),
      async close() {
        await apache.stop();
        await tearDown();
      },
    };
  } catch (error) {
    await tearDown();
    throw error;
  }
}
