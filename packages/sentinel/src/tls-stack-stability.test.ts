import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCaptureFile } from './capture-file/read-capture-file.ts';
import type { NetworkEvent } from './network-event.ts';

const sample = resolve(import.meta.dirname, '../../../samples/first-contact');

interface Visit {
  readonly address: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly client: string;
}

/** labels.csv: src_ip,src_port,t_from,t_to,label,client */
function readVisits(): Visit[] {
  const [, ...lines] = readFileSync(resolve(sample, 'labels.csv'), 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [address = '', , from = '', to = '', , client = ''] = line.split(',');
    return { address, fromMs: Date.parse(from), toMs: Date.parse(to), client };
  });
}

/** A browser opens its first connection a little before, and its last one a little after its requests. */
const slackMs = 500;

const connections = new Map<string, NetworkEvent[]>();

beforeAll(async () => {
  const visits = readVisits();
  for await (const event of readCaptureFile(resolve(sample, 'capture.pcap.gz')).events) {
    const atMs = event.timestamp / 1e6;
    const visit = visits.find(
      ({ address, fromMs, toMs }) =>
        address === event.src_ip && atMs >= fromMs - slackMs && atMs <= toMs + slackMs,
    );
    const client = visit?.client ?? 'unknown';
    connections.set(client, [...(connections.get(client) ?? []), event]);
  }
});

function values(client: string, field: (event: NetworkEvent) => string): string[] {
  return [...new Set((connections.get(client) ?? []).map(field))].sort();
}

describe('the clients of a recorded site', () => {
  it('have one stack key each, over every connection', () => {
    const keys = [...connections.keys()].map((client) => [client, values(client, (e) => e.tls_stack).length]);
    expect(keys).toHaveLength(16);
    expect(keys.filter(([, count]) => count !== 1)).toEqual([]);
  });

  it('have several JA4s where they resume sessions, which browsers do on half of their connections', () => {
    expect(values('chromium', (event) => event.ja4)).toEqual([
      't13d1517h2_8daaf6152771_cb7bf5808d99',
      't13d1518h2_8daaf6152771_e2d80978ab2e',
    ]);
    expect(values('firefox', (event) => event.ja4)).toEqual([
      't13d1617h2_86a278354501_3cbfd9057e0d',
      't13d1617h2_86a278354501_e6dcd7ae0a9e',
    ]);
    const all = [...(connections.get('chromium') ?? []), ...(connections.get('firefox') ?? [])];
    expect(all.filter((event) => event.tls_resumption).length / all.length).toBeGreaterThan(0.5);
  });

  it('have as many JA3s as connections where they shuffle their extensions', () => {
    const chromium = connections.get('chromium') ?? [];
    expect(chromium.length).toBeGreaterThan(500);
    expect(values('chromium', (event) => event.ja3_hash).length).toBeGreaterThan(0.99 * chromium.length);
  });

  it('share a stack key only where they share the TLS library and its settings', () => {
    const clientsOf = new Map<string, string[]>();
    for (const [client, [event]] of connections) {
      const stack = event?.tls_stack ?? '';
      clientsOf.set(stack, [...(clientsOf.get(stack) ?? []), client].sort());
    }
    expect([...clientsOf.values()].sort()).toEqual([
      ['chromium', 'chromium-scraper'],
      ['crawler', 'httpx-scraper', 'requests-scraper'],
      ['curl-loop', 'dirb', 'probe'],
      ['feed-reader', 'hydra'],
      ['firefox'],
      ['go-scraper', 'go-spread', 'gobuster'],
      ['java-scraper'],
      ['wget-mirror'],
    ]);
  });
});
