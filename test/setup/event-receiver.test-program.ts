/** `node event-receiver.test-program.ts SOCKET MODE`: the correlator's intake; what comes in goes to the parent process. */
import pino from 'pino';
import { openDatagramIntake } from '../../packages/correlator/src/intake/index.ts';

/** What the receiver tells its parent. */
export interface ReceiverNews {
  readonly texts: readonly string[];
  readonly counters: Readonly<Record<string, number>>;
}

const tell = (texts: readonly string[]) =>
  process.send?.({ texts, counters: intake.counters() } satisfies ReceiverNews);

const intake = await openDatagramIntake({
  path: process.argv[2] ?? '',
  mode: Number(process.argv[3]),
  log: pino({ level: 'silent' }),
  onMessages: (batch) => {
    tell(batch);
  },
});
tell([]);
process.once('message', async () => {
  await intake.stop();
  tell([]);
  process.disconnect();
});
// Also when the parent is gone without a word.
process.once('disconnect', () => process.exit());
