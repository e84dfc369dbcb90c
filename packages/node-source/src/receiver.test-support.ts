import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One event as it was on the wire. */
export type WireEvent = Readonly<Record<string, unknown>>;

/** The platform's end: a stream socket that takes one event per line. */
export class Receiver {
  readonly folder = mkdtempSync(join(tmpdir(), 'ja4-node-source-'));
  readonly path = join(this.folder, 'http.stream.socket');
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #text = '';
  connections = 0;

  static async open(): Promise<Receiver> {
    const receiver = new Receiver();
    await receiver.start();
    return receiver;
  }

  async start(): Promise<void> {
    const server = createServer((socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.setEncoding('utf8');
      socket.on('data', (text: string) => {
        this.#text += text;
      });
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.path, resolve));
  }

  /** Stops reading: its senders' buffers fill. */
  pause(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    for (const socket of this.#sockets) socket.resume();
  }

  async stop(): Promise<void> {
    const server = this.#server;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get lines(): string[] {
    return this.#text.split('\n').slice(0, -1);
  }

  get events(): WireEvent[] {
    return this.lines.map((line) => JSON.parse(line) as WireEvent);
  }

  /** The events, once there are so many. */
  async take(count: number): Promise<WireEvent[]> {
    await until(`${count} events`, () => this.lines.length >= count);
    return this.events;
  }
}

/** Waits until something is so. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ten seconds`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
