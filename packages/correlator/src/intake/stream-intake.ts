import { createServer, type Socket } from 'node:net';
import type { Intake, IntakeOptions } from './datagram-intake.ts';
import { LineSplitter, newLineCounters } from './line-splitter.ts';
import { maxMessageBytes } from './receive-batch.ts';
import { bindUnixSocket } from './unix-socket.ts';

/** Senders that may be connected at once; more are refused and counted. */
const maxConnections = 256;

/**
 * Receives newline-delimited texts of up to 64 KiB on a UNIX stream socket. While `onMessages` works on a
 * connection's lines, nothing more is read from that connection, so that its sender is slowed down.
 * Throws what `bindUnixSocket` throws.
 */
export async function openStreamIntake(options: IntakeOptions): Promise<Intake> {
  const { path, onMessages, log } = options;
  const lineCounters = newLineCounters();
  const counters = { connections: 0, connections_refused: 0, connections_broken: 0, paused: 0 };
  const open = new Set<Socket>();
  const pending = new Set<Promise<void>>();

  const deliver = async (connection: Socket, lines: string[]) => {
    if (lines.length === 0) return;
    const handled = onMessages(lines);
    if (handled === undefined) return;
    counters.paused += 1;
    connection.pause();
    pending.add(handled);
    await handled;
    pending.delete(handled);
    connection.resume();
  };

  const server = createServer({ allowHalfOpen: false }, (connection) => {
    counters.connections += 1;
    open.add(connection);
    let lines: string[] = [];
    const splitter = new LineSplitter(lineCounters, maxMessageBytes, (bytes, start, end) => {
      lines.push(bytes.toString('utf8', start, end));
    });
    const taken = () => {
      const complete = lines;
      lines = [];
      return complete;
    };
    connection.on('data', (chunk: Buffer) => {
      splitter.push(chunk);
      void deliver(connection, taken());
    });
    connection.on('end', () => {
      splitter.end();
      void deliver(connection, taken());
    });
    connection.on('error', (error) => {
      counters.connections_broken += 1;
      log.debug({ path, err: error }, 'a sender went away');
    });
    connection.on('close', () => open.delete(connection));
  });
  server.maxConnections = maxConnections;
  server.on('drop', () => {
    counters.connections_refused += 1;
  });

  const socket = bindUnixSocket('stream', options);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd: socket.fd }, () => resolve());
  });
  server.on('error', (error) => log.error({ path, err: error }, 'a connection could not be accepted'));

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    socket.unlink();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await takeWhatArrived(open);
    for (const connection of open) connection.destroy();
    await closed;
    await Promise.all(pending);
  };
  return {
    counters: () => ({ ...lineCounters, ...counters, open: open.size }),
    ready: () =>
      socket.holdsPath()
        ? { ok: true }
        : { ok: false, why: `${path} was removed or replaced by another process` },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Gives connections with queued bytes some turns of the event loop: a stop loses nothing that was sent before. */
async function takeWhatArrived(open: ReadonlySet<Socket>): Promise<void> {
  const total = () => [...open].reduce((sum, connection) => sum + connection.bytesRead, 0);
  const deadline = Date.now() + 500;
  let before = -1;
  while (open.size > 0 && total() !== before && Date.now() < deadline) {
    before = total();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
