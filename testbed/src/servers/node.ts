import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ServerOptions, WebServer } from './server.ts';
import { startServerProgram } from './server-program.ts';

/**
 * Starts a Node server with HTTP/2 and `@ja4/node-source`, which passes every path to the backend. Node has no
 * datagram sockets: the events go to the stream socket beside the receiver's, `http.stream.socket`.
 */
export async function startNode(options: ServerOptions): Promise<WebServer> {
  const { folder, certificates, backendPort, socketPath, network } = options;
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  return startServerProgram({
    name: 'Node',
    network,
    command: [
      process.execPath,
      join(import.meta.dirname, 'node-program.ts'),
      JSON.stringify({
        key: certificates.key,
        certificate: certificates.certificate,
        backendPort,
        socket: join(dirname(socketPath), 'http.stream.socket'),
        serverId: options.serverId ?? 'testbed',
      }),
    ],
    gracefulSignal: 'SIGTERM',
  });
}
