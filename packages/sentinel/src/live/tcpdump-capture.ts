import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { PacketSink } from '../capture-file/format.ts';
import { isPcap, PcapFormat, pcapHeaderLength } from '../capture-file/pcap.ts';
import type { Capture, CaptureOptions } from './capture-contract.ts';
import type { CaptureFilterOptions } from './capture-filter.ts';
import { systemPath } from './filter-text.ts';
import { systemError } from './libc.ts';

type Tcpdump = ChildProcessByStdio<null, Readable, Readable>;

const tickMs = 100;
const statisticsMs = 10_000;
const restartMs = 1_000;
const stopMs = 1_000;

/** The filter of `captureFilter` as text. IPv6 acknowledgements pass too: `tcp[…]` speaks of IPv4 only. */
export function captureFilterText({ ports, excludeSourceIps }: CaptureFilterOptions): string {
  const toPorts = ports.map((port) => `dst port ${port}`).join(' or ');
  const hasPayload = 'ip[2:2] > ((ip[0] & 15) << 2) + ((tcp[12] & 240) >> 2)';
  const wanted = `ip6 or tcp[13] & 18 = 2 or (tcp[13] & 2 = 0 and ${hasPayload})`;
  const excluded = excludeSourceIps.map((source) => ` and not src net ${source}`).join('');
  return `tcp and (${toPorts})${excluded} and (${wanted})`;
}

/** Cuts tcpdump's output into packets. */
class PcapStream {
  #held: Buffer = Buffer.alloc(0);
  #format: PcapFormat | undefined;

  /** Undefined while all is well; otherwise why the output cannot be read. */
  push(chunk: Buffer, sink: PacketSink): string | undefined {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let at = 0;
    if (this.#format === undefined) {
      if (bytes.length < pcapHeaderLength) {
        this.#held = bytes;
        return undefined;
      }
      if (!isPcap(bytes)) return 'tcpdump does not write pcap';
      this.#format = new PcapFormat(bytes);
      at = pcapHeaderLength;
    }
    at = this.#format.take(bytes, at, bytes.length, sink);
    this.#held = bytes.subarray(at);
    return this.#format.fatal?.text;
  }
}

/**
 * Captures through a tcpdump process: slower than the ring (it loses packets from some 50,000 per second
 * on), but tcpdump may have a right that this process lacks. It is started again when it ends.
 * Resolves once tcpdump listens. Throws ENOENT without tcpdump, EPERM and others with tcpdump's own words.
 */
export async function startTcpdumpCapture(options: CaptureOptions): Promise<Capture> {
  const { interface: name, bpfFilter, log, onPacket, onTick } = options;
  const counters = { capture_packets: 0, capture_kernel_drops: 0, capture_restarts: 0 };
  let trouble: string | undefined;
  let stopping = false;
  let child: Tcpdump;
  /** Drops that earlier processes reported; tcpdump counts from its own start. */
  let earlierDrops = 0;

  const count: PacketSink = (buffer, offset, length, linkType, timestampNs) => {
    counters.capture_packets += 1;
    onPacket(buffer, offset, length, linkType, timestampNs);
  };

  /** Resolves with undefined when tcpdump listens, or with why it ended before that. */
  const launch = () =>
    new Promise<string | undefined>((resolve) => {
      const filter = bpfFilter ?? captureFilterText(options);
      const args = ['-i', name, '-n', '-p', '-U', '--immediate-mode', '-Q', 'in', '-s', '0', '-B', '16384'];
      child = spawn('tcpdump', [...args, '-w', '-', '--', filter], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, PATH: systemPath, LC_ALL: 'C' },
      });
      const stream = new PcapStream();
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        const problem = stream.push(chunk, count);
        if (problem === undefined) return;
        said = problem;
        child.kill('SIGKILL');
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = `${said}${text}`.slice(-2_000);
        const drops = [...said.matchAll(/(\d+) packets? dropped by kernel/g)].at(-1)?.[1];
        if (drops !== undefined) counters.capture_kernel_drops = earlierDrops + Number(drops);
        if (said.includes('listening on')) {
          trouble = undefined;
          resolve(undefined);
        }
      });
      child.on('error', (error) => resolve(error.message));
      child.on('close', () => {
        earlierDrops = counters.capture_kernel_drops;
        const why = said.trim().split('\n').at(-1) ?? '';
        resolve(why);
        if (trouble === undefined) restart(why);
      });
    });

  const restart = (why: string) => {
    if (stopping) return;
    trouble = `tcpdump ended: ${why}`;
    counters.capture_restarts += 1;
    log.warn({ interface: name }, trouble);
    setTimeout(async () => {
      if (stopping) return;
      const failure = await launch();
      if (failure !== undefined) restart(failure);
    }, restartMs).unref();
  };

  trouble = 'tcpdump has not started yet';
  const failure = await launch();
  if (failure !== undefined) {
    throw systemError(/permission/i.test(failure) ? 'EPERM' : 'EIO', `tcpdump cannot capture: ${failure}`);
  }
  const ticks = setInterval(() => onTick?.(), tickMs);
  // tcpdump answers this signal with its counters on stderr.
  const statistics = setInterval(() => child.kill('SIGUSR1'), statisticsMs);

  return {
    counters: () => ({ ...counters }),
    ready: () => (trouble === undefined ? { ok: true } : { ok: false, why: trouble }),
    stop: async () => {
      if (stopping) return;
      stopping = true;
      clearInterval(ticks);
      clearInterval(statistics);
      const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
      if (child.exitCode !== null || child.signalCode !== null || !child.kill('SIGTERM')) return;
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await ended;
      clearTimeout(timer);
    },
  };
}
