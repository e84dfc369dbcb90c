import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCaptureFile } from './capture-file/read-capture-file.ts';
import type { NetworkEvent } from './network-event.ts';

const sample = resolve(import.meta.dirname, '../../../samples/first-contact');

interface LabelledConnection {
  readonly fromMs: number;
  readonly toMs: number;
  readonly client: string;
}

/** labels.csv: src_ip,src_port,t_from,t_to,label,client; a port may be used again. */
function readLabels(): Map<string, LabelledConnection[]> {
  const [, ...lines] = readFileSync(resolve(sample, 'labels.csv'), 'utf8').trim().split('\n');
  const labels = lines.map((line) => {
    const [address = '', port = '', from = '', to = '', , client = ''] = line.split(',');
    return { key: `${address} ${port}`, fromMs: Date.parse(from), toMs: Date.parse(to), client };
  });
  return Map.groupBy(labels, ({ key }) => key);
}

/** Labels have whole milliseconds, and begin with the SYN. */
const slackMs = 1000;

const connections = new Map<string, NetworkEvent[]>();

beforeAll(async () => {
  const labels = readLabels();
  for await (const event of readCaptureFile(resolve(sample, 'capture.pcap.gz')).events) {
    const atMs = event.timestamp / 1e6;
    const label = labels
      .get(`${event.src_ip} ${event.src_port}`)
      ?.find(({ fromMs, toMs }) => atMs >= fromMs - slackMs && atMs <= toMs + slackMs);
    const client = label?.client ?? 'unknown';
    connections.set(client, [...(connections.get(client) ?? []), event]);
  }
});

function values(client: string, field: (event: NetworkEvent) => string): string[] {
  return [...new Set((connections.get(client) ?? []).map(field))].sort();
}

describe('the clients of a recorded site', () => {
  it('have one stack key each, over every connection, unless they bring two TLS libraries', () => {
    const keys = [...connections.keys()].map((client) => [client, values(client, (e) => e.tls_stack).length]);
    expect(keys.length).toBeGreaterThan(90);
    // got-scraping asks for the protocol in a hello of Node's own before it sends the imitated one.
    expect(new Map(keys.filter(([, count]) => count !== 1) as [string, number][])).toEqual(
      new Map([
        ['got-scraping-chrome', 2],
        ['got-scraping-firefox', 2],
      ]),
    );
  });

  it('have several JA4s where they resume sessions, which browsers do on a third of their connections', () => {
    expect(values('chromium', (event) => event.ja4)).toEqual([
      't13d1517h2_8daaf6152771_cb7bf5808d99',
      't13d1518h2_8daaf6152771_e2d80978ab2e',
    ]);
    expect(values('firefox', (event) => event.ja4)).toEqual([
      't13d1617h2_86a278354501_3cbfd9057e0d',
      't13d1617h2_86a278354501_e6dcd7ae0a9e',
    ]);
    const all = [...(connections.get('chromium') ?? []), ...(connections.get('firefox') ?? [])];
    expect(all.filter((event) => event.tls_resumption).length / all.length).toBeGreaterThan(0.3);
  });

  it('have as many JA3s as connections where they shuffle their extensions', () => {
    const chromium = connections.get('chromium') ?? [];
    expect(chromium.length).toBeGreaterThan(250);
    expect(values('chromium', (event) => event.ja3_hash).length).toBeGreaterThan(0.99 * chromium.length);
  });

  it('share a stack key only where they share the TLS library and its settings', () => {
    const clientsOf = new Map<string, string[]>();
    for (const [client, events] of connections) {
      for (const stack of new Set(events.map((event) => event.tls_stack))) {
        clientsOf.set(stack, [...(clientsOf.get(stack) ?? []), client].sort());
      }
    }
    const groupOf = (client: string) => [...clientsOf.values()].find((clients) => clients.includes(client));
    expect(groupOf('firefox')).toEqual([
      ...['firefox', 'firefox-http1', 'firefox-noscript', 'puppeteer-firefox', 'puppeteer-firefox-human'],
    ]);
    expect(groupOf('webkitgtk')).toEqual(['webkitgtk', 'webkitgtk-noscript']);
    expect(groupOf('qtwebengine-5')).toEqual(['qtwebengine-5', 'qtwebengine-6']);
    expect(groupOf('java-scraper')).toEqual(['java-scraper', 'java-urlconnection']);
    expect(groupOf('go-scraper')).toEqual([
      ...['ffuf', 'go-http1', 'go-scraper', 'go-spread', 'gobuster', 'hey'],
    ]);
    // Whoever drives a real Chromium has its stack; whoever imitates it has not.
    expect(groupOf('chromium')).toContain('puppeteer-stealth-human');
    expect(groupOf('chromium')).not.toContain('impit-chrome');
  });
});
