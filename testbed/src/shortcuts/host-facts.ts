import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type NetworkEvent, readCaptureFile } from '@ja4/sentinel';
import type { Row } from './tree.ts';

const hourMs = 3_600_000;

/** What the look of a host, its address and its clock could give away; nothing of what its client says. */
export const featureNames = [
  ...(['host', 'port', 'ttl', 'mss', 'window', 'windowScale', 'totalLength'] as const),
  ...(['synToHelloMs', 'medianSynToHelloMs', 'hour'] as const),
];

/** A connection of labels.csv. */
interface Label {
  readonly address: string;
  readonly port: string;
  readonly fromMs: number;
  readonly label: string;
  readonly client: string;
}

function labelsOf(csv: string): Label[] {
  return csv
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [address = '', port = '', from = '', , label = '', client = ''] = line.split(',');
      return { address, port, fromMs: Date.parse(from), label, client };
    });
}

/** The sessions that labels speak of: an hour of an address with one kind of client. */
export function labelledSessions(csv: string): { label: string; client: string }[] {
  const sessions = new Map<string, { label: string; client: string }>();
  for (const { address, fromMs, label, client } of labelsOf(csv)) {
    sessions.set(`${Math.floor(fromMs / hourMs)} ${address} ${client}`, { label, client });
  }
  return [...sessions.values()];
}

/** The address prefixes of one kind of network, from a recording's networks.csv. */
function prefixesOf(csv: string, kind: string): string[] {
  const lines = csv.trim().split('\n').slice(1);
  return lines.filter((line) => line.endsWith(`,${kind}`)).map((line) => line.split(',')[0] ?? '');
}

function lies(address: string, prefix: string): boolean {
  const [network = ''] = prefix.split('/');
  if (network.includes(':')) return address.startsWith(network.slice(0, -1));
  const [third, inNetwork] = [address, network].map((text) => Number(text.split('.')[2]));
  const sameHalf = address.split('.', 2).join() === network.split('.', 2).join();
  return sameHalf && (third ?? 0) >> 4 === (inNetwork ?? 0) >> 4;
}

/** The part of an address that its network deals out: 12 bits of IPv4 in a /20, the home's number in IPv6. */
function hostPart(address: string): number {
  if (address.includes(':')) return Number.parseInt(address.split(':')[3] ?? '0', 16);
  const [, , third = 0, fourth = 0] = address.split('.').map(Number);
  return (third & 15) * 256 + fourth;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Of a session's first connection, because what is taken over all of them tells how many there were. */
function featuresOf(address: string, hour: number, events: readonly NetworkEvent[]): number[] {
  const [first] = events;
  const waits = events.flatMap((event) => event.syn_to_clienthello_ms ?? []);
  return [
    ...[hostPart(address), first?.src_port ?? 0, first?.ip_meta_ttl ?? 0, first?.tcp_meta_mss ?? 0],
    ...[first?.tcp_meta_window_size ?? 0, first?.tcp_meta_window_scale ?? -1],
    ...[first?.ip_meta_total_length ?? 0, waits[0] ?? 0, median(waits), hour],
  ];
}

/** One row for each session (hour, address, client) of a recording from networks of a kind, robots left out. */
export async function hostFacts(folder: string, networkKind: string): Promise<Row[]> {
  const labels = labelsOf(await readFile(join(folder, 'labels.csv'), 'utf8'));
  const prefixes = prefixesOf(await readFile(join(folder, 'networks.csv'), 'utf8'), networkKind);
  const byPort = Map.groupBy(labels, ({ address, port }) => `${address} ${port}`);
  const sessions = new Map<string, { label: Label; hour: number; events: NetworkEvent[] }>();
  for await (const event of readCaptureFile(join(folder, 'capture.pcap.gz')).events) {
    if (!event.has_syn || !prefixes.some((prefix) => lies(event.src_ip, prefix))) continue;
    const ms = event.timestamp / 1e6;
    const label = byPort.get(`${event.src_ip} ${event.src_port}`)?.findLast(({ fromMs }) => fromMs <= ms + 1);
    if (!label || label.label === 'robot') continue;
    const hour = Math.floor(ms / hourMs);
    const key = `${hour} ${event.src_ip} ${label.client}`;
    const session = sessions.get(key) ?? { label, hour, events: [] };
    session.events.push(event);
    sessions.set(key, session);
  }
  return [...sessions.values()].map(({ label, hour, events }) => ({
    features: featuresOf(label.address, hour, events),
    bot: label.label === 'bot',
    client: label.client,
    address: label.address,
  }));
}
