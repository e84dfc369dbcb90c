/**
 * `node receiver.ts SOCKET`: takes HTTP events as the correlator does (its intake, its parser, its eye on the
 * senders' numbers) and tells its parent the totals when asked.
 */
import { parseHttpEvent } from '@ja4/correlator';
import pino from 'pino';
import { openIntake } from '../../packages/correlator/src/intake/index.ts';

export interface ReceiverTotals {
  /** Events taken, and datagrams that were no event. */
  readonly events: number;
  readonly refused: number;
  /** Of the sender's numbers: one more than the highest seen. */
  readonly made: number;
  /** What the sender says it could not hand over. */
  readonly dropped: number;
}

const totals = { events: 0, refused: 0, made: 0, dropped: 0 };

const take = (batch: string[]) => {
  for (const text of batch) {
    const event = parseHttpEvent(text);
    if (!event.ok) {
      totals.refused++;
      continue;
    }
    totals.events++;
    totals.made = Math.max(totals.made, (event.value.seq ?? 0) + 1);
    totals.dropped = Math.max(totals.dropped, event.value.dropped_total ?? 0);
  }
};

const intake = await openIntake({
  sockets: [{ name: 'http', path: process.argv[2] ?? '', kind: 'datagram', onMessages: take }],
  mode: 0o666,
  log: pino({ level: 'warn' }),
});

process.on('message', async (order) => {
  if (order === 'stop') {
    await intake.stop();
    process.disconnect();
  } else process.send?.(totals satisfies ReceiverTotals);
});
process.send?.(totals satisfies ReceiverTotals);
// Also when the parent is gone without a word.
process.once('disconnect', () => process.exit());
