import { MultipliedTraffic } from './multiplied-traffic.ts';
import type { RecordedTraffic } from './recorded-connections.ts';

export interface ParseBaseline {
  /** Requests whose event, with its share of the handshakes, one thread can merely parse in a second. */
  readonly requestsPerSecond: number;
  readonly microsecondsPerRequest: number;
  readonly bytesPerRequest: number;
}

const rounds = 7;

/**
 * JSON.parse of what the sender sends and nothing else, on this thread: the fastest of several rounds, in the
 * thread's own CPU time, so that what else the machine does is not taken for the parser's.
 */
export function parseBaseline(recorded: RecordedTraffic, slices: number): ParseBaseline {
  const traffic = new MultipliedTraffic(recorded, slices);
  const place = Buffer.alloc(traffic.largest);
  const texts: string[] = [];
  let bytes = 0;
  for (let i = 0; i < traffic.eventsPerPass; i++) {
    const length = traffic.write(0, i, Date.now() * 1000 + i, place, 0);
    if (traffic.kind(i) === 'http') bytes += length;
    texts.push(place.toString('utf8', 0, length));
  }
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = process.threadCpuUsage();
    for (const text of texts) JSON.parse(text);
    const { user, system } = process.threadCpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return {
    requestsPerSecond: traffic.requestsPerPass / (best / 1000),
    microsecondsPerRequest: (best * 1000) / traffic.requestsPerPass,
    bytesPerRequest: bytes / traffic.requestsPerPass,
  };
}
