import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PacketSink } from '../capture-file/format.ts';
import { isPcap, PcapFormat, pcapHeaderLength } from '../capture-file/pcap.ts';
import type { Capture, CaptureOptions } from './capture-contract.ts';
import type { OpenedTcpdump } from './capture-source.ts';

const tickMs = 100;
const statisticsMs = 10_000;
const stopMs = 1_000;

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

/** One tcpdump's packets and counters. */
class TcpdumpReader {
  readonly name: string;
  readonly counters = { capture_packets: 0, capture_kernel_drops: 0 };
  trouble: string | undefined;
  readonly #control: Socket;

  /** @param onEnd called when tcpdump has ended and everything of it was read */
  constructor(
    { interface: name, packets, messages, control }: OpenedTcpdump,
    onPacket: PacketSink,
    onEnd: (reader: TcpdumpReader) => void,
  ) {
    this.name = name;
    this.#control = new Socket({ fd: control, writable: true, readable: false });
    this.#control.on('error', () => {}); // It ended: its output says so.
    let said = '';
    const words = new Socket({ fd: messages, readable: true, writable: false });
    words.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-2_000);
      const drops = [...said.matchAll(/(\d+) packets? dropped by kernel/g)].at(-1)?.[1];
      if (drops !== undefined) this.counters.capture_kernel_drops = Number(drops);
    });
    const stream = new PcapStream();
    const output = new Socket({ fd: packets, readable: true, writable: false });
    output.on('data', (chunk: Buffer) => {
      const problem = stream.push(chunk, (...packet) => {
        this.counters.capture_packets += 1;
        onPacket(...packet);
      });
      if (problem === undefined) return;
      said = problem;
      output.destroy();
    });
    let open = 2;
    for (const socket of [output, words]) {
      socket.once('close', () => {
        open -= 1;
        if (open > 0) return;
        this.trouble = `tcpdump on ${name} ended: ${said.trim().split('\n').at(-1) ?? ''}`;
        this.#control.destroy();
        onEnd(this);
      });
    }
  }

  /** tcpdump answers with its counters. */
  askForCounters(): void {
    if (this.#control.writable) this.#control.write('\n');
  }

  stop(): void {
    this.#control.destroy();
  }
}

/**
 * Captures through tcpdump processes: slower than the ring (it loses packets from some 50,000 per second on), but
 * tcpdump may have a right that this process lacks, and takes hostile bytes for nothing but bytes. Nobody without
 * privileges can start it again: when the last one has ended, that is an error that nobody catches, and the
 * supervisor starts the whole process over.
 */
export function startTcpdumpCapture(
  processes: readonly OpenedTcpdump[],
  { log, onPacket, onTick }: CaptureOptions,
): Capture {
  let stopping = false;
  let running = processes.length;
  let allEnded = () => {};
  const end = new Promise<void>((resolve) => {
    allEnded = resolve;
  });
  const onEnd = ({ name, trouble }: TcpdumpReader) => {
    running -= 1;
    if (!stopping) log.error({ interface: name }, trouble);
    if (running > 0) return;
    if (!stopping) throw new Error(`nothing is captured any more: ${whatFails(readers)}`);
    allEnded();
  };
  const readers = processes.map((process) => new TcpdumpReader(process, onPacket, onEnd));
  const ticks = setInterval(() => onTick?.(), tickMs);
  const statistics = setInterval(() => {
    for (const reader of readers) reader.askForCounters();
  }, statisticsMs);

  return {
    counters: () => {
      const sums: Record<string, number> = { capture_packets: 0, capture_kernel_drops: 0 };
      for (const { name, counters } of readers) {
        for (const [counter, value] of Object.entries(counters)) {
          sums[counter] = (sums[counter] ?? 0) + value;
          if (readers.length > 1) sums[`${counter}.${name}`] = value;
        }
      }
      return sums;
    },
    ready: () => {
      const why = whatFails(readers);
      return why === '' ? { ok: true } : { ok: false, why };
    },
    stop: async () => {
      if (stopping) return;
      stopping = true;
      clearInterval(ticks);
      clearInterval(statistics);
      for (const reader of readers) reader.stop();
      if (running > 0) await Promise.race([end, sleep(stopMs, undefined, { ref: false })]);
    },
  };
}

const whatFails = (readers: readonly TcpdumpReader[]) =>
  readers.flatMap(({ trouble }) => trouble ?? []).join('; ');
