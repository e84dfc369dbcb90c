import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { createEventOutput } from './event-output.ts';

/** Writes as many lines as its argument says to standard output, then its counters to standard error. */
const wanted = Number(process.argv[2]);
let ended: string | undefined;
const output = await createEventOutput({
  outputs: [{ kind: 'stdout' }],
  log: pino({ level: 'silent' }),
  onEnd: (why) => {
    ended = why;
  },
});
for (let index = 0; index < wanted && ended === undefined; index++) {
  output.send(JSON.stringify({ index, text: 'x'.repeat(500) }));
  if (index % 1_000 === 999) await sleep(1);
}
await output.stop();
process.stderr.write(JSON.stringify({ ended, ...output.counters() }));
