/** What the recorder has to know of a web server's event, whatever its dialect: all write these keys as JSON. */
export interface EventFacts {
  readonly address: string;
  readonly port: number;
  /** The request's beginning, microseconds since 1970. */
  readonly timeUs: number;
  /** 0 where the server does not say. */
  readonly durationMs: number;
  readonly serverId: string;
  readonly sequence: number | undefined;
  readonly dropped: number | undefined;
}

/** HAProxy says only when it accepted a request that it refused unread. */
const times = /("(?:timestamp|accepted_ms)"\s*:\s*"?)(\d{10,19})(\.\d+)?/g;
const sequence = /("seq"\s*:\s*"?)\d+/;
const droppedTotal = /("dropped_total"\s*:\s*"?)\d+/;

/** Microseconds of a timestamp in s, ms, µs or ns: the number of digits tells, until the year 2286. */
function microsecondsOf(whole: string, fraction: string | undefined): number {
  return Math.round((Number(whole) + Number(fraction ?? 0)) * 10 ** (16 - whole.length));
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : undefined;
}

/** Reads an event as it came from the socket; undefined when it is none. Never throws. */
export function readEvent(line: string): EventFacts | undefined {
  const time = line.matchAll(times).next().value;
  const start = line.indexOf('{');
  if (!time?.[2] || start < 0) return undefined;
  let event: Record<string, unknown>;
  try {
    event = JSON.parse(line.slice(start)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const port = numberOf(event.src_port);
  if (typeof event.src_ip !== 'string' || port === undefined) return undefined;
  return {
    address: event.src_ip,
    port,
    timeUs: microsecondsOf(time[2], time[3]),
    durationMs: numberOf(event.duration_ms) ?? 0,
    serverId: typeof event.server_id === 'string' ? event.server_id : '',
    sequence: numberOf(event.seq),
    dropped: numberOf(event.dropped_total),
  };
}

/** The same event `offsetS` whole seconds later, with another number in its sender's sequence; other bytes stay. */
export function shiftEvent(
  line: string,
  change: { readonly offsetS: number; readonly sequence: number; readonly dropped: number },
): string {
  return line
    .replace(times, (_all, key: string, whole: string, fraction = '') => {
      // Nanoseconds do not fit a double.
      const moved = BigInt(change.offsetS) * 10n ** BigInt(whole.length - 10);
      return `${key}${BigInt(whole) + moved}${fraction}`;
    })
    .replace(sequence, (_all, key: string) => `${key}${change.sequence}`)
    .replace(droppedTotal, (_all, key: string) => `${key}${change.dropped}`);
}
