import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { openFileTarget } from './file-target.ts';
import { createLineOutput } from './line-output.ts';

/** Started with a soft limit of the size of files: writes lines past it, lifts the limit, and tells of the file. */
const path = process.argv[2] ?? '';
const said: string[] = [];
const log = pino({}, { write: (line: string) => void said.push(JSON.parse(line).msg) });
const output = createLineOutput({ target: await openFileTarget(path), log });
const lines = Array.from({ length: 400 }, (_, index) => JSON.stringify({ index, text: 'x'.repeat(index) }));
for (const line of lines) output.send(line);
// The second time half a line has been taken back and written again.
while ((output.counters().errors ?? 0) < 2) await sleep(10);
const whileFull = readFileSync(path, 'utf8');
spawnSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited']);
while ((output.counters().queued ?? 0) > 0) await sleep(10);
await output.stop();
const counters = output.counters();
process.stdout.write(
  JSON.stringify({
    wholeLinesWhileFull: whileFull.length > 0 && whileFull.endsWith('\n'),
    allInTheEnd: readFileSync(path, 'utf8') === `${lines.join('\n')}\n`,
    written: counters.written,
    dropped: counters.dropped,
    said,
  }),
);
