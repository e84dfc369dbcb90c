import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { corpus, corpusDir, itNeeds } from '../../../test/setup/needs.ts';
import { type NetworkEvent, readCaptureFile } from './index.ts';

/** One row of the corpus' `expected.tsv`: what other tools say about one connection. */
interface ExpectedRow {
  readonly pcap: string;
  readonly connection: string;
  readonly ja3Hash: string;
  readonly ja4: string;
  readonly ja4Raw: string;
  readonly ja4Agreed: boolean;
  readonly ja3Agreed: boolean;
  readonly stack: string;
}

const connectionOf = (...ends: (string | number | undefined)[]) => ends.join(' ');

function expectedRows(): ExpectedRow[] {
  const [header = '', ...lines] = readFileSync(join(corpusDir, 'expected.tsv'), 'utf8').trimEnd().split('\n');
  const names = header.split('\t');
  return lines
    .map((line) => Object.fromEntries(line.split('\t').map((value, i) => [names[i] ?? '', value])))
    .filter((row) => row.transport === 'tls')
    .map((row) => ({
      pcap: row.pcap ?? '',
      connection: connectionOf(row.src_ip, row.src_port, row.dst_ip, row.dst_port),
      ja3Hash: row.ja3_hash ?? '',
      ja4: row.ja4 ?? '',
      ja4Raw: row.ja4_r ?? '',
      ja4Agreed: row.ja4_agreed_by !== '',
      ja3Agreed: row.ja3_agreed_by !== '',
      stack: row.stack ?? '',
    }));
}

async function eventsOf(pcap: string): Promise<NetworkEvent[]> {
  const events: NetworkEvent[] = [];
  for await (const event of readCaptureFile(join(corpusDir, 'pcap', pcap)).events) events.push(event);
  return events;
}

interface Score {
  compared: number;
  agreed: number;
  /** Disagreements by what they have in common, each with its places. */
  readonly groups: Map<string, string[]>;
}

function compare(score: Score, row: ExpectedRow, wanted: string, found: string[]): void {
  score.compared++;
  if (found.includes(wanted)) score.agreed++;
  else {
    const group = `${row.stack}: wanted ${wanted}, found ${found.join(', ') || 'nothing'}`;
    score.groups.set(group, [...(score.groups.get(group) ?? []), `${row.pcap} ${row.connection}`]);
  }
}

function report(name: string, { compared, agreed, groups }: Score): string {
  const lines = [...groups].map(([group, places]) => `  ${group}\n    ${places.join('\n    ')}`);
  const percent = ((100 * agreed) / compared).toFixed(1);
  return [`${name}: ${agreed} of ${compared} rows agree (${percent} %)`, ...lines].join('\n');
}

itNeeds(corpus)(
  'reads every shared capture, and agrees with what several other tools say about their TLS connections',
  async () => {
    const files = readdirSync(join(corpusDir, 'pcap'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.(cap|pcap|pcapng)$/.test(file),
    );
    const events = new Map<string, NetworkEvent[]>();
    for (const file of files) events.set(file, await eventsOf(file));

    const [ja3, ja4, ja4Raw] = [0, 0, 0].map(
      (zero): Score => ({ compared: zero, agreed: zero, groups: new Map() }),
    );
    for (const row of expectedRows()) {
      const found = (events.get(row.pcap) ?? []).filter(
        (event) =>
          connectionOf(event.src_ip, event.src_port, event.dst_ip, event.dst_port) === row.connection,
      );
      if (row.ja3Agreed)
        compare(
          ja3!,
          row,
          row.ja3Hash,
          found.map((event) => event.ja3_hash),
        );
      if (row.ja4Agreed) {
        compare(
          ja4!,
          row,
          row.ja4,
          found.map((event) => event.ja4),
        );
        compare(
          ja4Raw!,
          row,
          row.ja4Raw,
          found.map((event) => event.ja4_r ?? ''),
        );
      }
    }
    console.log(
      [`${files.length} files`, report('JA4', ja4!), report('JA4_r', ja4Raw!), report('JA3', ja3!)].join(
        '\n',
      ),
    );
    for (const { compared, agreed } of [ja3!, ja4!, ja4Raw!]) {
      // A corpus that is there but compares nothing must not pass for agreement.
      expect(compared).toBeGreaterThan(0);
      expect(agreed / compared).toBeGreaterThanOrEqual(0.95);
    }
  },
  120_000,
);
