import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { read } from 'node:fs';
import { promisify } from 'node:util';
import type { CaptureSourceOptions } from './capture-contract.ts';
import { captureFilterText } from './capture-filter-text.ts';
import type { OpenedTcpdump } from './capture-source.ts';
import { systemPath } from './filter-text.ts';
import { lastErrorCode, lastErrorText, libc, systemError } from './libc.ts';
import { distinctInterfaces, noSuchInterface } from './network-interface.ts';

const O_CLOEXEC = 0o2000000;
const readOnce = promisify(read);

/**
 * tcpdump gives up root's identity once it captures, and nobody without privileges may then signal it: a shell
 * that stays what it was does so, by what comes through its standard input. It ends with the pipe, so tcpdump
 * never outlives whoever reads it.
 */
const keeper = `
tcpdump "$@" </dev/null &
child=$!
exec >/dev/null 2>&1
while read -r line; do kill -USR1 $child; done
kill $child`;

function pipe(): { readEnd: number; writeEnd: number } {
  const ends = new Int32Array(2);
  if (libc().pipe2(ends, O_CLOEXEC) !== 0) {
    throw systemError(lastErrorCode(), `tcpdump cannot be started: ${lastErrorText()}`);
  }
  return { readEnd: ends[0] ?? -1, writeEnd: ends[1] ?? -1 };
}

/** Closes the pipes to a tcpdump, which ends it. */
function closeTcpdump({ packets, messages, control }: OpenedTcpdump): void {
  for (const fd of [control, packets, messages]) libc().close(fd);
}

/** Starts tcpdump on one interface. Resolves with it once it listens, or with what it said instead. */
async function launch(name: string, filter: string, direction: string[]): Promise<OpenedTcpdump | string> {
  const [packets, messages, control] = [pipe(), pipe(), pipe()];
  const options = ['-i', name, '-n', '-p', '-U', '--immediate-mode', ...direction, '-s', '0', '-B', '16384'];
  const shell = spawn('/bin/sh', ['-c', keeper, 'sh', ...options, '-w', '-', '--', filter], {
    stdio: [control.readEnd, packets.writeEnd, messages.writeEnd],
    env: { ...process.env, PATH: systemPath, LC_ALL: 'C' },
    detached: true,
  });
  shell.unref();
  for (const fd of [control.readEnd, packets.writeEnd, messages.writeEnd]) libc().close(fd);
  const opened = {
    interface: name,
    packets: packets.readEnd,
    messages: messages.readEnd,
    control: control.writeEnd,
  };
  await once(shell, 'spawn');
  const said = await untilListening(opened.messages);
  if (said === undefined) return opened;
  closeTcpdump(opened);
  return said;
}

/** Reads what tcpdump says until it listens: undefined; or until it ends: its last words. */
async function untilListening(fd: number): Promise<string | undefined> {
  let said = '';
  const chunk = Buffer.alloc(2_000);
  // One read at a time, none in advance: what comes later is for the capture.
  for (;;) {
    const { bytesRead } = await readOnce(fd, chunk, 0, chunk.length, null);
    if (bytesRead === 0) return said.trim().split('\n').at(-1) ?? '';
    said = `${said}${chunk.toString('utf8', 0, bytesRead)}`.slice(-2_000);
    if (said.includes('listening on')) return undefined;
  }
}

/**
 * Starts a tcpdump for each interface that it can capture from.
 * Throws EPERM and others with tcpdump's own words when there is none; ENODEV for unknown interfaces.
 */
export async function openTcpdumps(options: CaptureSourceOptions): Promise<OpenedTcpdump[]> {
  const { bpfFilter, interfaces, log } = options;
  const filter = bpfFilter ?? captureFilterText(options);
  const direction = bpfFilter === undefined ? ['-Q', 'in'] : [];
  const processes: OpenedTcpdump[] = [];
  const refusals: string[] = [];
  for (const name of distinctInterfaces(interfaces)) {
    const outcome = await launch(name, filter, direction);
    if (typeof outcome !== 'string') processes.push(outcome);
    else {
      refusals.push(outcome);
      log.warn({ interface: name, reason: outcome }, 'tcpdump cannot capture from an interface');
    }
  }
  if (processes.length > 0) return processes;
  const said = refusals.join('; ');
  if (/no such device/i.test(said)) throw noSuchInterface(interfaces);
  throw systemError(/permission/i.test(said) ? 'EPERM' : 'EIO', `tcpdump cannot capture: ${said}`);
}
