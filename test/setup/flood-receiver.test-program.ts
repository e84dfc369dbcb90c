/**
 * `node flood-receiver.test-program.ts FOLDER`: the correlator's four sockets, its parsers and its join; tells its
 * parent what it counted when asked.
 */
import { join } from 'node:path';
import pino from 'pino';
import { openIntake } from '../../packages/correlator/src/intake/index.ts';
import { defaultJoinOptions } from '../../packages/correlator/src/join/join-options.ts';
import { Pipeline } from '../../packages/correlator/src/pipeline.ts';

const folder = process.argv[2] ?? '';
const log = pino({ level: 'silent' });
let rows = 0;
const pipeline = new Pipeline({
  join: defaultJoinOptions,
  emit: () => {
    rows++;
  },
  log,
});
const socket = (name: string, source: 'http' | 'network') => ({
  ...{ name, path: join(folder, `${name}.socket`) },
  kind: name.endsWith('.stream') ? ('stream' as const) : ('datagram' as const),
  onMessages: (batch: string[]) => {
    const nowMs = performance.now();
    for (const text of batch) pipeline[source](text, nowMs);
  },
});
const intake = await openIntake({
  sockets: [
    socket('http', 'http'),
    socket('network', 'network'),
    socket('http.stream', 'http'),
    socket('network.stream', 'network'),
  ],
  mode: 0o600,
  log,
});
const timer = setInterval(() => pipeline.advance(performance.now()), 100);

process.on('message', async (order) => {
  if (order === 'stop') {
    clearInterval(timer);
    await intake.stop();
    pipeline.flush();
  }
  process.send?.({ ...intake.counters(), ...pipeline.counters(), rows });
  if (order === 'stop') process.disconnect();
});
process.send?.({});
// Also when the parent is gone without a word.
process.once('disconnect', () => process.exit());
