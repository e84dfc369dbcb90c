import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** A server and its clients on this machine. */
export interface RealTraffic {
  readonly port: number;
  /** Opens TLS connections to the hosts in turn; each sends one ClientHello. */
  sendHellos(count: number, hosts: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server that closes each connection after its first bytes: a ClientHello needs no more. */
export async function startTraffic(): Promise<RealTraffic> {
  const worker = new Worker(new URL('./real-traffic.worker.ts', import.meta.url));
  const [{ port }] = (await once(worker, 'message')) as [{ port: number }];
  return {
    port,
    sendHellos: async (count, hosts) => {
      worker.postMessage({ count, to: port, hosts });
      await once(worker, 'message');
    },
    stop: async () => {
      await worker.terminate();
    },
  };
}
