import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { corpus, corpusDir, itNeeds } from '../../../test/setup/needs.ts';
import { type NetworkEvent, readCaptureFile } from './index.ts';

/** First character of a JA4, by what the corpus calls the transport. */
const transports = { tls: 't', quic: 'q', dtls: 'd' } as const;

type Transport = keyof typeof transports;

/** One row of the corpus' `expected.tsv`: what other tools say about one connection's first hello. */
interface ExpectedRow {
  readonly pcap: string;
  readonly transport: Transport;
  readonly connection: string;
  readonly ja3Hash: string;
  readonly ja4: string;
  readonly ja4Raw: string;
  /** Whether several tools say so; otherwise only one does. */
  readonly ja4Agreed: boolean;
  readonly ja3Agreed: boolean;
}

/** One value of a row that we do not find. */
interface Mismatch {
  readonly row: ExpectedRow;
  readonly wanted: string;
  readonly found: readonly string[];
}

const connectionOf = (...ends: (string | number | undefined)[]) => ends.join(' ');

function expectedRows(): ExpectedRow[] {
  const [header = '', ...lines] = readFileSync(join(corpusDir, 'expected.tsv'), 'utf8').trimEnd().split('\n');
  const names = header.split('\t');
  return lines
    .map((line) => Object.fromEntries(line.split('\t').map((value, i) => [names[i] ?? '', value])))
    .map((row) => ({
      pcap: row.pcap ?? '',
      transport: row.transport as Transport,
      connection: connectionOf(row.src_ip, row.src_port, row.dst_ip, row.dst_port),
      ja3Hash: row.ja3_hash ?? '',
      ja4: row.ja4 ?? '',
      ja4Raw: row.ja4_r ?? '',
      ja4Agreed: row.ja4_agreed_by !== '',
      ja3Agreed: row.ja3_agreed_by !== '',
    }));
}

const isCapture = (file: string) => /\.(cap|pcap|pcapng)$/.test(file);

let reading: Promise<Map<string, NetworkEvent[]>> | undefined;

/** The events of every capture of the corpus, by its path; read once for all tests. */
function everyEvent(): Promise<Map<string, NetworkEvent[]>> {
  reading ??= (async () => {
    const events = new Map<string, NetworkEvent[]>();
    const files = readdirSync(join(corpusDir, 'pcap'), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter(isCapture))
      events.set(file, await Array.fromAsync(readCaptureFile(join(corpusDir, 'pcap', file)).events));
    return events;
  })();
  return reading;
}

const connectionOfEvent = (event: NetworkEvent) =>
  connectionOf(event.src_ip, event.src_port, event.dst_ip, event.dst_port);

function compare(
  rows: readonly ExpectedRow[],
  events: ReadonlyMap<string, NetworkEvent[]>,
  wantedOf: (row: ExpectedRow) => string,
  foundOf: (event: NetworkEvent) => string | undefined,
): Mismatch[] {
  return rows.flatMap((row) => {
    const wanted = wantedOf(row);
    const found = (events.get(row.pcap) ?? [])
      .filter((event) => event.ja4.startsWith(transports[row.transport]))
      .filter((event) => connectionOfEvent(event) === row.connection)
      .map((event) => foundOf(event) ?? '');
    return found.includes(wanted) ? [] : [{ row, wanted, found }];
  });
}

const inWords = ({ row, wanted, found }: Mismatch) =>
  `${row.pcap} ${row.transport} ${row.connection}: wanted ${wanted}, found ${found.join(', ') || 'nothing'}`;

/** Rows and mismatches of one transport and fingerprint; rows that are not there must not pass for agreement. */
async function comparison(
  transport: Transport,
  isMeant: (row: ExpectedRow) => boolean,
  wantedOf: (row: ExpectedRow) => string,
  foundOf: (event: NetworkEvent) => string | undefined,
): Promise<{ rows: number; mismatches: Mismatch[] }> {
  const rows = expectedRows().filter((row) => row.transport === transport && isMeant(row));
  return { rows: rows.length, mismatches: compare(rows, await everyEvent(), wantedOf, foundOf) };
}

const minute = 60_000;

for (const transport of ['tls', 'quic', 'dtls'] as const) {
  itNeeds(corpus)(
    `gives every ${transport} connection of the shared captures the JA4 on which several tools agree`,
    async () => {
      const { rows, mismatches } = await comparison(
        transport,
        (row) => row.ja4Agreed,
        (row) => row.ja4,
        (event) => event.ja4,
      );
      expect(mismatches.map(inWords)).toEqual([]);
      expect(rows).toBeGreaterThan(0);
    },
    2 * minute,
  );

  itNeeds(corpus)(
    `writes the raw form of each of these ${transport} JA4s as tshark does`,
    async () => {
      const { rows, mismatches } = await comparison(
        transport,
        (row) => row.ja4Agreed,
        (row) => row.ja4Raw,
        (event) => event.ja4_r,
      );
      expect(mismatches.map(inWords)).toEqual([]);
      expect(rows).toBeGreaterThan(0);
    },
    2 * minute,
  );

  itNeeds(corpus)(
    `gives every ${transport} connection of the shared captures the JA3 on which several tools agree`,
    async () => {
      const { rows, mismatches } = await comparison(
        transport,
        (row) => row.ja3Agreed,
        (row) => row.ja3Hash,
        (event) => event.ja3_hash,
      );
      expect(mismatches.map(inWords)).toEqual([]);
      expect(rows).toBeGreaterThan(0);
    },
    2 * minute,
  );
}

/** Where a reader finds each disagreement with the frame and the sentence that decides. */
const conformanceText = () => readFileSync(join(import.meta.dirname, '../../../docs/conformance.md'), 'utf8');

itNeeds(corpus)(
  'agrees with at least nine of ten values that only one tool gives, and the conformance page lists the others',
  async () => {
    const alone = expectedRows().filter((row) => Object.hasOwn(transports, row.transport));
    const events = await everyEvent();
    const byJa4 = alone.filter((row) => !row.ja4Agreed);
    const byJa3 = alone.filter((row) => !row.ja3Agreed && row.ja3Hash !== '');
    const ja4 = compare(
      byJa4,
      events,
      (row) => row.ja4,
      (event) => event.ja4,
    );
    const ja3 = compare(
      byJa3,
      events,
      (row) => row.ja3Hash,
      (event) => event.ja3_hash,
    );
    const text = conformanceText();
    const unlisted = [...ja4, ...ja3].filter(
      ({ row, wanted }) => !(text.includes(`\`${row.pcap}\``) && text.includes(`\`${wanted}\``)),
    );
    expect(unlisted.map(inWords)).toEqual([]);
    expect(1 - ja4.length / byJa4.length).toBeGreaterThanOrEqual(0.9);
    expect(1 - ja3.length / byJa3.length).toBeGreaterThanOrEqual(0.9);
  },
  2 * minute,
);

itNeeds(corpus)(
  'finds no hello in the shared captures that is neither expected nor explained on the conformance page',
  async () => {
    const expected = new Set(
      expectedRows().map((row) => `${row.pcap} ${transports[row.transport]} ${row.connection}`),
    );
    const text = conformanceText();
    const unexplained: string[] = [];
    for (const [pcap, events] of await everyEvent()) {
      const seen = new Set<string>();
      for (const event of events) {
        const place = `${pcap} ${event.ja4[0]} ${connectionOfEvent(event)}`;
        const isExplained =
          text.includes(`\`${pcap}\``) && text.includes(`${event.src_ip}:${event.src_port} `);
        const isFirst = !seen.has(place);
        seen.add(place);
        if (!(expected.has(place) && isFirst) && !isExplained) unexplained.push(`${place} ${event.ja4}`);
      }
    }
    expect(unexplained).toEqual([]);
  },
  2 * minute,
);
