import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { type EventFacts, readEvent, shiftEvent } from './event-line.ts';
import type { Connection } from './trim.ts';
import { readAt } from './write-capture.ts';

/** An event by its place in the receiver's file. */
export interface KeptEvent extends EventFacts {
  readonly at: number;
  readonly length: number;
  readonly connection: Connection | undefined;
}

export interface EventSurvey {
  readonly events: readonly KeptEvent[];
  readonly unreadable: number;
  /** Events that the senders made and the receiver did not get: gaps in the numbers, or told by the sender. */
  readonly lost: number;
}

/** The web server's clock and the capture's are one, but not read at the same instant. */
const toleranceUs = 50_000;

/** Finds the connection of each event: the last one that its address and port opened before it. */
export async function surveyEvents(file: string, connections: Iterable<Connection>): Promise<EventSurvey> {
  const byPort = Map.groupBy(connections, ({ address, port }) => `${address} ${port}`);
  const events: KeptEvent[] = [];
  let unreadable = 0;
  for await (const { at, bytes } of linesOf(file)) {
    const facts = readEvent(bytes.toString('utf8'));
    if (!facts) {
      // A server may also log what is no request, such as a handshake that failed.
      if (bytes.includes('{')) unreadable++;
      continue;
    }
    const connection = byPort
      .get(`${facts.address} ${facts.port}`)
      ?.findLast((one) => one.openedUs <= facts.timeUs + toleranceUs);
    events.push({ ...facts, at, length: bytes.length, connection });
  }
  return { events, unreadable, lost: lostBy(events) };
}

async function* linesOf(file: string): AsyncGenerator<{ at: number; bytes: Buffer }> {
  let rest: Buffer = Buffer.alloc(0);
  let at = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let begin = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, begin)) {
      if (end > begin) yield { at: at + begin, bytes: rest.subarray(begin, end) };
      begin = end + 1;
    }
    at += begin;
    rest = rest.subarray(begin);
  }
}

function lostBy(events: readonly KeptEvent[]): number {
  let lost = 0;
  for (const ofSender of Map.groupBy(events, (event) => event.serverId).values()) {
    const numbers = new Set(ofSender.flatMap(({ sequence }) => (sequence === undefined ? [] : [sequence])));
    if (numbers.size === 0) continue;
    let [low, high] = [Number.POSITIVE_INFINITY, 0];
    for (const number of numbers) {
      low = Math.min(low, number);
      high = Math.max(high, number);
    }
    lost += high - low + 1 - numbers.size;
  }
  return lost;
}

/**
 * The events whose connection has an offset (whole seconds), moved by it, one a line in the order in which the
 * requests end then. Their senders' numbers are given anew in that order, or every move would look like a loss;
 * what was really lost stands in `dropped_total`.
 */
export async function* shiftedEvents(
  file: string,
  survey: EventSurvey,
  offsetOf: (connection: Connection) => number | undefined,
): AsyncGenerator<string> {
  const moved = survey.events.flatMap((event) => {
    const offsetS = event.connection && offsetOf(event.connection);
    if (offsetS === undefined) return [];
    return [{ ...event, offsetS, endUs: event.timeUs + offsetS * 1e6 + event.durationMs * 1000 }];
  });
  const numbers = new Map<string, number>();
  const source = await open(file);
  try {
    for (const event of moved.sort((a, b) => a.endUs - b.endUs || a.at - b.at)) {
      const sequence = numbers.get(event.serverId) ?? 0;
      numbers.set(event.serverId, sequence + 1);
      const line = (await readAt(source, event.at, event.length)).toString('utf8');
      yield `${shiftEvent(line, { offsetS: event.offsetS, sequence, dropped: survey.lost })}\n`;
    }
  } finally {
    await source.close();
  }
}
