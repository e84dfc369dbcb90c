import { performance } from 'node:perf_hooks';
import { pino } from 'pino';
import { defaultJoinOptions } from '../join/join-options.ts';
import { Pipeline } from '../pipeline.ts';
import { openCheckpoint } from './checkpoint.ts';

/*
 * A correlator without sockets and store, to be killed: every message is event texts, and is answered with the
 * counters once it is in the checkpoint.
 */
const [folder = ''] = process.argv.slice(2);
const log = pino({ level: 'silent' });
const clock = () => performance.now();
const pipeline = new Pipeline({ join: defaultJoinOptions, emit: () => {}, log });
const checkpoint = await openCheckpoint({ folder, pipeline, clock, everyMs: 10, log });

const answer = () => process.send?.({ counters: { ...pipeline.counters(), ...checkpoint.counters() } });

process.on('message', async (message: { network: string[]; http: string[] }) => {
  for (const text of message.network) pipeline.network(text, clock());
  for (const text of message.http) pipeline.http(text, clock());
  await checkpoint.save();
  answer();
});
answer();
