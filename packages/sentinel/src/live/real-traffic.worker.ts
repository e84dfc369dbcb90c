import { createServer, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { parentPort } from 'node:worker_threads';

/** Test traffic in a thread of its own: a server that closes after the first bytes, and TLS clients of it. */
const port = parentPort;
if (port === null) throw new Error('real-traffic.worker.ts runs as a worker thread');

const server = createServer((socket: Socket) => {
  socket.on('error', () => {}); // Clients end as they like.
  socket.once('data', () => socket.destroy());
});
server.listen(0, '::', () => {
  const address = server.address();
  port.postMessage({ port: typeof address === 'object' ? address?.port : undefined });
});

/** Opens TLS connections, 20 at a time, to each host in turn; each sends one ClientHello. */
async function sendHellos(count: number, to: number, hosts: readonly string[]): Promise<void> {
  let started = 0;
  const one = () =>
    new Promise<void>((resolve) => {
      const host = hosts[started % hosts.length];
      started += 1;
      const client = connect({
        host,
        port: to,
        servername: 'shop.example',
        ALPNProtocols: ['h2', 'http/1.1'],
      });
      client.on('error', () => {}); // The server hangs up in the middle of the handshake.
      client.once('close', () => resolve());
    });
  const lane = async () => {
    while (started < count) await one();
  };
  await Promise.all(Array.from({ length: 20 }, lane));
}

port.on('message', async ({ count, to, hosts }: { count: number; to: number; hosts: string[] }) => {
  await sendHellos(count, to, hosts);
  port.postMessage({ sent: count });
});
