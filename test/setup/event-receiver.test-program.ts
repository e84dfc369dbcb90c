/** `node event-receiver.test-program.ts SOCKET MODE`: the correlator's intake; what comes in goes to the parent process. */
import pino from 'pino';
import { openIntake } from '../../packages/correlator/src/intake/index.ts';

/** What the receiver tells its parent. */
export interface ReceiverNews {
  readonly texts: readonly string[];
  readonly counters: Readonly<Record<string, number>>;
}

/** What the socket counted, by the names that follow `http_socket_`. */
const counters = () =>
  Object.fromEntries(
    Object.entries(intake.counters()).map(([name, count]) => [name.replace('http_socket_', ''), count]),
  );

const tell = (texts: readonly string[]) =>
  process.send?.({ texts, counters: counters() } satisfies ReceiverNews);

const onMessages = (batch: string[]) => {
  tell(batch);
};
const intake = await openIntake({
  sockets: [{ name: 'http', path: process.argv[2] ?? '', kind: 'datagram', onMessages }],
  mode: Number(process.argv[3]),
  log: pino({ level: 'silent' }),
});
tell([]);
process.once('message', async () => {
  await intake.stop();
  tell([]);
  process.disconnect();
});
// Also when the parent is gone without a word.
process.once('disconnect', () => process.exit());
