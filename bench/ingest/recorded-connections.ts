import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { encodeNetworkEvent, readCaptureFile } from '@ja4/sentinel';

const sample = fileURLToPath(new URL('../../samples/first-contact/', import.meta.url));

/** One recorded event, parsed, with the connection that it belongs to. */
export interface RecordedEvent {
  readonly kind: 'network' | 'http';
  /** Milliseconds since the recording began. */
  readonly atMs: number;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly connection: Connection;
}

/** A TCP or QUIC connection of the recording. */
interface Connection {
  /** The recorded address and port. */
  readonly key: string;
  readonly address: string;
  requests: number;
  /** Who makes it in the copies: see `visitors`. */
  visitor: number;
}

export interface RecordedTraffic {
  /** In the order of time, a handshake before the requests that follow it. */
  readonly events: readonly RecordedEvent[];
  readonly requests: number;
  readonly handshakes: number;
  /** Addresses that one copy of the recording needs; every one is a session at least. */
  readonly visitors: number;
}

/**
 * The recorded addresses make a session of 46 requests on average, because load tools and scanners are among
 * them. Connections of one address are therefore given to another visitor after this many requests, which makes
 * a session of fewer than 30.
 */
const requestsPerVisitor = 20;

/** The bundled recording: real clients, real Apache, real handshakes. */
export async function recordedTraffic(): Promise<RecordedTraffic> {
  const found: Omit<RecordedEvent, 'connection'>[] = [];
  for await (const event of readCaptureFile(join(sample, 'capture.pcap.gz')).events)
    found.push({ kind: 'network', atMs: event.timestamp / 1e6, fields: record(encodeNetworkEvent(event)) });
  for (const line of gunzipSync(readFileSync(join(sample, 'http.jsonl.gz')), {})
    .toString()
    .split('\n')) {
    if (line === '') continue;
    const fields = record(line);
    found.push({ kind: 'http', atMs: Number(fields.timestamp) / 1e6, fields });
  }
  const beginMs = found.reduce((least, { atMs }) => Math.min(least, atMs), Number.POSITIVE_INFINITY);
  // A handshake is seen a moment before its request begins, but two clocks have looked.
  const order = ({ atMs, kind }: Omit<RecordedEvent, 'connection'>) =>
    kind === 'network' ? atMs - 250 : atMs;
  found.sort((a, b) => order(a) - order(b));
  const connections = new Map<string, Connection>();
  const all: Connection[] = [];
  const events = found.map((event): RecordedEvent => {
    const address = String(event.fields.src_ip);
    const key = `${address} ${String(event.fields.src_port)}`;
    let connection = connections.get(key);
    if (connection === undefined || event.kind === 'network') {
      connection = { key, address, requests: 0, visitor: -1 };
      connections.set(key, connection);
      all.push(connection);
    }
    if (event.kind === 'http') connection.requests += 1;
    return { ...event, atMs: event.atMs - beginMs, connection };
  });
  const requests = events.filter(({ kind }) => kind === 'http').length;
  return { events, requests, handshakes: events.length - requests, visitors: dealOut(all) };
}

function record(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new Error('the bundled recording is damaged');
  return { ...value };
}

/** Gives every connection its visitor; returns how many there are. */
function dealOut(connections: readonly Connection[]): number {
  let visitors = 0;
  const current = new Map<string, { visitor: number; requests: number }>();
  for (const connection of connections) {
    let owner = current.get(connection.address);
    if (owner === undefined || owner.requests >= requestsPerVisitor) {
      owner = { visitor: visitors++, requests: 0 };
      current.set(connection.address, owner);
    }
    owner.requests += connection.requests;
    connection.visitor = owner.visitor;
  }
  return visitors;
}
