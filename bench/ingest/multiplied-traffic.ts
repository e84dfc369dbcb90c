import type { RecordedEvent, RecordedTraffic } from './recorded-connections.ts';

/*
 * Copies of a recording, many at once, each with visitors of its own.
 *
 * The recording is cut into `slices` of equal time. Pass n sends every event once, each slice in the name of
 * another copy: slice s belongs to copy n − s. So a copy lives for `slices` passes, as many copies are alive at
 * any moment, and a visitor's requests are spread over several passes as they were over time.
 *
 *     pass n:    slice 0 of copy n, slice 1 of copy n−1, slice 2 of copy n−2, …   all in one order of time
 *     pass n+1:  slice 0 of copy n+1, slice 1 of copy n, …
 */

/** An event's text with the places that differ from copy to copy; all of them have a fixed width. */
interface Template {
  readonly kind: 'network' | 'http';
  readonly bytes: Buffer;
  readonly slice: number;
  readonly visitor: number;
  readonly addressAt: number;
  readonly version: 4 | 6;
  readonly timeAt: number;
  readonly connectionAt: number;
  /** −1 in handshakes. */
  readonly seqAt: number;
  readonly pathAt: number;
}

const placeholders = {
  // Both are numbers of as many digits as the real ones have for the next 200 years.
  timestamp: 1_000_000_000_000_000_000,
  seq: 1_000_000_000,
  4: '100.100.100.100',
  6: '2001:db8:1000:1000:1000:1000:1000:1000',
  connection: '-000000',
  path: '/s00',
};
/** Distinct paths are so many times those of the recording (458). */
const pathVariants = 16;

export class MultipliedTraffic {
  readonly requestsPerPass: number;
  readonly handshakesPerPass: number;
  readonly visitorsPerPass: number;
  readonly distinctPaths: number;
  readonly #templates: readonly Template[];
  /** Handshakes of connections that were already open when the first pass begins, and their copies. */
  readonly #open: readonly { readonly template: Template; readonly copy: number }[];
  readonly largest: number;
  #seq = 0;

  constructor(recorded: RecordedTraffic, slices: number) {
    const endMs = recorded.events.reduce((most, { atMs }) => Math.max(most, atMs), 0) + 1;
    const sliceMs = endMs / slices;
    const sliceOf = ({ atMs }: RecordedEvent) => Math.max(0, Math.floor(atMs / sliceMs));
    const inPass = recorded.events
      .map((event, order) => ({ event, order, phase: event.atMs - sliceOf(event) * sliceMs }))
      .sort((a, b) => a.phase - b.phase || a.order - b.order);
    this.#templates = inPass.map(({ event }) => template(event, sliceOf(event)));
    this.requestsPerPass = recorded.requests;
    this.handshakesPerPass = recorded.handshakes;
    this.visitorsPerPass = recorded.visitors;
    this.distinctPaths = new Set(recorded.events.map(({ fields }) => fields.path)).size * pathVariants;
    this.largest = this.#templates.reduce((most, { bytes }) => Math.max(most, bytes.length), 0);
    this.#open = openConnections(recorded.events, sliceOf, (event, slice) => template(event, slice));
  }

  get eventsPerPass(): number {
    return this.#templates.length;
  }

  /** Handshakes to send before the first pass. */
  get openConnections(): number {
    return this.#open.length;
  }

  kind(i: number): 'network' | 'http' {
    return this.#templates[i]!.kind;
  }

  /** Writes event i of a pass to `target` at `at`; returns its length. `timeUs` is its time since 1970. */
  write(pass: number, i: number, timeUs: number, target: Buffer, at: number): number {
    const event = this.#templates[i]!;
    return this.#fill(event, pass - event.slice, timeUs, target, at);
  }

  /** As `write`, for handshake i of those that come before the first pass. */
  writeOpen(i: number, timeUs: number, target: Buffer, at: number): number {
    const { template: event, copy } = this.#open[i]!;
    return this.#fill(event, copy, timeUs, target, at);
  }

  #fill(event: Template, copy: number, timeUs: number, target: Buffer, at: number): number {
    const { bytes } = event;
    target.set(bytes, at);
    // Copies before the first pass have numbers below 0.
    const number = copy + 1000;
    digits(target, at + event.timeAt, Math.floor(timeUs / 1e8), 8);
    digits(target, at + event.timeAt + 8, timeUs % 1e8, 8);
    const visitor = number * this.visitorsPerPass + event.visitor;
    if (event.version === 4) ipv4(target, at + event.addressAt, visitor);
    else ipv6(target, at + event.addressAt, visitor);
    if (event.connectionAt >= 0) digits(target, at + event.connectionAt, number, 6);
    if (event.seqAt >= 0) {
      digits(target, at + event.seqAt, 1_000_000_000 + this.#seq++, 10);
      digits(target, at + event.pathAt, number % pathVariants, 2);
    }
    return bytes.length;
  }
}

function template({ kind, fields, connection }: RecordedEvent, slice: number): Template {
  const version = connection.address.includes(':') ? 6 : 4;
  const text = JSON.stringify({
    ...fields,
    timestamp: placeholders.timestamp,
    src_ip: placeholders[version],
    conn_id: `${String(fields.conn_id)}${placeholders.connection}`,
    ...(kind === 'http' ? { seq: placeholders.seq, path: `${placeholders.path}${String(fields.path)}` } : {}),
  });
  const bytes = Buffer.from(text);
  // Quotes inside values are escaped, so a key in quotes is found where it is a key.
  const after = (key: string) => bytes.indexOf(`"${key}":`) + key.length + 3;
  return {
    kind,
    bytes,
    slice,
    visitor: connection.visitor,
    version,
    addressAt: after('src_ip') + 1,
    timeAt: after('timestamp'),
    connectionAt: bytes.indexOf('"', after('conn_id') + 1) - 6,
    seqAt: kind === 'http' ? after('seq') : -1,
    pathAt: kind === 'http' ? after('path') + 3 : -1,
  };
}

/** Connections whose handshake lies in an earlier slice than a request: at the start they are open already. */
function openConnections(
  events: readonly RecordedEvent[],
  sliceOf: (event: RecordedEvent) => number,
  make: (event: RecordedEvent, slice: number) => Template,
) {
  const last = new Map<RecordedEvent['connection'], number>();
  for (const event of events) last.set(event.connection, sliceOf(event));
  return events
    .filter(({ kind }) => kind === 'network')
    .flatMap((event) => {
      const slice = sliceOf(event);
      const lives = (last.get(event.connection) ?? slice) - slice;
      const made = make(event, slice);
      return Array.from({ length: lives }, (_, i) => ({ template: made, copy: -slice - 1 - i }));
    });
}

function digits(target: Buffer, at: number, value: number, count: number): void {
  let rest = value;
  for (let i = at + count - 1; i >= at; i--) {
    const next = Math.floor(rest / 10);
    target[i] = 48 + rest - next * 10;
    rest = next;
  }
}

/** Octets of three digits, so that every address is as long as any other. */
function ipv4(target: Buffer, at: number, visitor: number): void {
  let rest = visitor;
  for (let octet = 3; octet >= 0; octet--) {
    digits(target, at + octet * 4, 100 + (rest % 123), 3);
    rest = Math.floor(rest / 123);
  }
}

/** Groups of four digits, for the same reason. */
function ipv6(target: Buffer, at: number, visitor: number): void {
  let rest = visitor;
  for (let group = 3; group >= 2; group--) {
    digits(target, at + group * 5 - 1, 1000 + (rest % 9000), 4);
    rest = Math.floor(rest / 9000);
  }
}
