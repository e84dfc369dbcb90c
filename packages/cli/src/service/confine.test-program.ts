/* Confines itself to the folder and port that it is told, then tries what it may not: `FOLDER OUTSIDE PORT OTHER_PORT`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { pino } from 'pino';
import { confine } from './confine.ts';

const [folder = '', outside = '', port = '0', otherPort = '0'] = process.argv.slice(2);
await confine(
  { writable: [folder], ports: { listen: [], connect: [Number(port)] } },
  pino({ level: 'silent' }),
);

function attempt(work: () => void): string {
  try {
    work();
    return 'done';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

function connects(to: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(to, '127.0.0.1', () => resolve('done'));
  socket.once('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message));
  return promise.finally(() => socket.destroy());
}

const status = readFileSync('/proc/self/status', 'latin1');
const seen = {
  inside: attempt(() => writeFileSync(`${folder}/file`, 'x')),
  outside: attempt(() => writeFileSync(`${outside}/file`, 'x')),
  reads: attempt(() => readFileSync('/proc/self/status')),
  allowedPort: await connects(Number(port)),
  otherPort: await connects(Number(otherPort)),
  noNewPrivileges: /^NoNewPrivs:\s+1$/m.test(status),
  ambient: /^CapAmb:\s+(\S+)$/m.exec(status)?.[1],
  knowsItsMark: process.env.CONFINED_BY !== undefined,
};
process.send?.(seen);
process.disconnect?.();
