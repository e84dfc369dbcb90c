import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseHttpEvent } from '@ja4/correlator';
import type { ReceiverNews } from './event-receiver.test-program.ts';
import { program, root } from './needs.ts';

export const receiverNeeds = [root, program('unshare', 'util-linux')];

const receiverProgram = fileURLToPath(new URL('./event-receiver.test-program.ts', import.meta.url));

/** The fields of one HTTP event as they came. */
export type EventFields = Readonly<Record<string, string | number>>;

/**
 * A live receiver of HTTP events: the correlator's own intake in a process and network namespace of its own,
 * because the length of its queue (net.unix.max_dgram_qlen) is a namespace's setting.
 */
export class EventReceiver {
  /** The datagrams' texts in the order received. */
  readonly texts: string[] = [];
  #counters: Readonly<Record<string, number>> = {};
  readonly #process: ChildProcess;

  private constructor(started: ChildProcess) {
    this.#process = started;
    started.on('message', (news: ReceiverNews) => {
      this.texts.push(...news.texts);
      this.#counters = news.counters;
    });
  }

  /** `queue` datagrams fit into the kernel's queue; `mode` says who may send. */
  static async open(path: string, { queue = 512, mode = 0o666 } = {}): Promise<EventReceiver> {
    const inside = `echo ${queue} >/proc/sys/net/unix/max_dgram_qlen && exec "$@"`;
    const started = spawn(
      'unshare',
      ['--net', 'sh', '-c', inside, 'sh', process.execPath, receiverProgram, path, String(mode)],
      { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
    );
    const receiver = new EventReceiver(started);
    const ended = once(started, 'exit').then(() => {
      throw new Error(`the receiver at ${path} has not started`);
    });
    await Promise.race([once(started, 'message'), ended]);
    ended.catch(() => {});
    return receiver;
  }

  get events(): EventFields[] {
    return this.texts.map((text) => JSON.parse(text) as EventFields);
  }

  /** What the intake counted until the last datagram, refused ones among it. */
  get counters(): Readonly<Record<string, number>> {
    return this.#counters;
  }

  /** Stops reading, so that the queue fills up, until `wake`. */
  sleep(): void {
    this.#process.kill('SIGSTOP');
  }

  wake(): void {
    this.#process.kill('SIGCONT');
  }

  /** Waits until so many events have come in all; at most `patienceMs`. */
  async count(events: number, patienceMs = 5_000): Promise<void> {
    const end = performance.now() + patienceMs;
    while (this.texts.length < events && performance.now() < end) await pause(5);
  }

  /**
   * The events that some requests caused, in the order received. Waits for `expected` of them, then a moment
   * for what should not come.
   *
   * @throws when an event is not what the correlator takes
   */
  async during(requests: () => Promise<unknown>, expected = 1): Promise<EventFields[]> {
    const before = this.texts.length;
    await requests();
    await this.count(before + expected);
    await pause(20);
    const texts = this.texts.slice(before);
    for (const text of texts) {
      const parsed = parseHttpEvent(text);
      if (!parsed.ok) throw new Error(`the correlator refuses this event (${parsed.reason}): ${text}`);
    }
    return texts.map((text) => JSON.parse(text) as EventFields);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.wake();
    this.#process.send('stop');
    await exit;
  }

  /** Ends it as a crash does: the socket's file stays. */
  async crash(): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }
}
