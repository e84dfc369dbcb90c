import { basename } from 'node:path';
import { silent } from './datagram-sender.test-support.ts';
import { type Intake, type IntakeOptions, openIntake } from './intake.ts';
import type { SocketOptions } from './intake-socket.ts';

/** What came in on an intake with one socket, which is called by its file's name. */
interface Receiver {
  readonly intake: Intake;
  readonly received: readonly string[];
  /** The intake's counters without the socket's name. */
  readonly counters: () => Record<string, number>;
}

/** A function that opens intakes of one socket, which are stopped `afterwards`. */
export function receiverFor(afterwards: (end: () => Promise<void>) => void) {
  return async (
    path: string,
    socket: Partial<SocketOptions> = {},
    options: Partial<IntakeOptions> = {},
  ): Promise<Receiver> => {
    const received: string[] = [];
    const name = basename(path).replace(/\.socket$/, '');
    const kind = path.endsWith('.stream.socket') ? 'stream' : 'datagram';
    const onMessages = (batch: string[]) => {
      received.push(...batch);
    };
    const intake = await openIntake({
      sockets: [{ name, path, kind, onMessages, ...socket }],
      mode: 0o660,
      log: silent,
      ...options,
    });
    afterwards(() => intake.stop());
    const counters = () =>
      Object.fromEntries(
        Object.entries(intake.counters()).map(([key, count]) => [key.slice(`${name}_socket_`.length), count]),
      );
    return { intake, received, counters };
  };
}
