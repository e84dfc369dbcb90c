import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { LineBatch } from './line-batch.ts';
import type { LineTarget } from './line-target.ts';
import { MessageQueue } from './message-queue.ts';
import type { NetworkOutput } from './network-output.ts';

export interface LineOutputOptions {
  readonly target: LineTarget;
  readonly log: Logger;
  /** Bounds of the queue that bridges a slow reader or a full disk. Defaults: 16,384 events, 16 Mi characters. */
  readonly maxQueued?: number;
  readonly maxQueuedCharacters?: number;
  /** Nobody will read any more: said once, with the words for the log. */
  readonly onReaderGone?: (why: string) => void;
}

/** Events are collected this long, so that many share a write; the same events go to the socket at once. */
const collectMs = 50;
const collectCharacters = 64 * 1024;
const slowReaderRetryMs = 5;
const troubleRetryMs = 1_000;
/** A lasting problem is said once per this time. */
const sayAgainMs = 30_000;
const stopGraceMs = 1_000;

/**
 * Writes each event as one line. Writes happen outside the calling thread, one at a time and many lines each;
 * what a slow reader or a full disk holds up waits in a queue, whose oldest events are dropped and counted
 * when it is full. A line is never left half: where the disk filled up in the middle of one, the half is taken
 * back, and written whole when there is room again.
 */
export function createLineOutput(options: LineOutputOptions): NetworkOutput {
  const { target, log, maxQueued = 16_384, maxQueuedCharacters = 16 << 20 } = options;
  const queue = new MessageQueue(maxQueued, maxQueuedCharacters);
  const counters = {
    written: 0,
    written_bytes: 0,
    dropped: 0,
    dropped_stop: 0,
    waits: 0,
    errors: 0,
    reopened: 0,
  };
  let batch: LineBatch | undefined;
  let characters = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let reopenings: (() => void)[] = [];
  let reopenWanted = false;
  let stopping = false;
  let trouble: string | undefined;
  let reopenTrouble: string | undefined;
  let gone = false;
  let lastSaidAt = Number.NEGATIVE_INFINITY;

  const held = () => queue.length + (batch?.left ?? 0);

  const complain = (reason: string) => {
    counters.errors += 1;
    if (performance.now() - lastSaidAt < sayAgainMs) return;
    lastSaidAt = performance.now();
    log.error(
      { output: target.name, reason, queued: held(), dropped: counters.dropped },
      'events cannot be written',
    );
  };

  const recovered = () => {
    if (trouble === undefined) return;
    trouble = undefined;
    lastSaidAt = Number.NEGATIVE_INFINITY;
    log.info({ output: target.name, queued: held(), dropped: counters.dropped }, 'events are written again');
  };

  const later = (delayMs: number) => {
    if (!gone) timer ??= setTimeout(start, delayMs);
  };

  const start = () => {
    clearTimeout(timer);
    timer = undefined;
    running ??= drain().finally(() => {
      running = undefined;
      if (reopenings.length > 0) start();
      else if (queue.length > 0) later(collectMs);
    });
  };

  /** Follows the target's name to a new file; the old one is kept as long as that fails. */
  const reopen = async () => {
    const waiting = reopenings;
    reopenings = [];
    try {
      await target.reopen();
      reopenWanted = false;
      reopenTrouble = undefined;
      // The new file must not begin with the second half of a line.
      batch?.restartLine();
      counters.reopened += 1;
      log.info({ output: target.name }, 'output opened again');
    } catch (error) {
      reopenTrouble = error instanceof Error ? error.message : String(error);
      complain(reopenTrouble);
      later(troubleRetryMs);
    }
    for (const done of waiting) done();
  };

  /** Writes until nothing is left or the target takes no more. */
  const drain = async () => {
    if (reopenWanted) await reopen();
    for (;;) {
      batch ??= LineBatch.from(queue);
      if (batch === undefined) return;
      characters = 0;
      try {
        const count = await target.write(batch.bytes, batch.written);
        counters.written += batch.advance(count);
        counters.written_bytes += count;
      } catch (error) {
        await holdUp(batch, error);
        return;
      }
      if (batch.done) {
        // Not before: on a full disk there is room for the half of a line again and again.
        recovered();
        batch = undefined;
      }
      if (reopenings.length > 0 && batch === undefined) return;
    }
  };

  const holdUp = async (held: LineBatch, error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EINTR') {
      counters.waits += 1;
      later(slowReaderRetryMs);
      return;
    }
    if (code === 'EPIPE' || code === 'ECONNRESET' || code === 'ENOTCONN') {
      gone = true;
      trouble = `nobody reads ${target.name} any more`;
      counters.dropped += held.left + queue.length;
      batch = undefined;
      while (queue.length > 0) queue.shift();
      options.onReaderGone?.(trouble);
      return;
    }
    if (held.cut > 0 && (await target.takeBack(held.cut).catch(() => false))) held.restartLine();
    trouble = error instanceof Error ? error.message : code;
    complain(trouble);
    later(troubleRetryMs);
  };

  return {
    send: (json) => {
      if (stopping || gone) {
        counters[stopping ? 'dropped_stop' : 'dropped'] += 1;
        return;
      }
      counters.dropped += queue.push(json);
      characters += json.length;
      if (running !== undefined) return;
      if (characters >= collectCharacters && trouble === undefined) start();
      else later(collectMs);
    },
    reopen: () =>
      new Promise((resolve) => {
        if (stopping || gone) return resolve();
        reopenWanted = true;
        reopenings.push(resolve);
        if (running === undefined) start();
      }),
    urgent: () => false,
    counters: () => ({ ...counters, queued: held() }),
    ready: () => {
      const why = trouble ?? reopenTrouble;
      return why === undefined ? { ok: true } : { ok: false, why };
    },
    stop: async () => {
      stopping = true;
      const deadline = performance.now() + stopGraceMs;
      while (!gone && held() > 0 && performance.now() < deadline) {
        start();
        await Promise.race([running, sleep(20)]);
        if (held() > 0) await sleep(5);
      }
      clearTimeout(timer);
      counters.dropped_stop += held();
      gone = true;
      const closed = target.close().catch(() => {});
      await Promise.race([closed, sleep(Math.max(0, deadline - performance.now()))]);
    },
  };
}
