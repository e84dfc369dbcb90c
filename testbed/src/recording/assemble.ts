import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { networksCsv } from '../address-plan.ts';
import type { Appeared } from '../play.ts';
import { explainAll, type Span } from './explain.ts';
import { type LabelledConnection, labelsCsv } from './labels.ts';
import { beginningMs, offsetsOf } from './shift.ts';
import { type KindCount, type Summary, tally } from './summary.ts';
import type { Connection } from './trim.ts';
import { shiftedCapture, surveyCapture } from './write-capture.ts';
import { shiftedEvents, surveyEvents } from './write-events.ts';

/** What the recorder wrote while the clients were at work. */
export interface Raw {
  /** pcap, as tcpdump writes it. */
  readonly packets: string;
  /** The server's events, one a line, in the order received. */
  readonly events: string;
  readonly appeared: readonly Appeared[];
  readonly madeMs: number;
  readonly hours: number;
}

/** The part of a summary that follows from the files. */
export type Facts = Pick<
  Summary,
  'kinds' | 'connections' | 'requests' | 'unexplained' | 'eventsLost' | 'eventsUnreadable'
>;

interface Appearance extends Span {
  readonly when: number;
  readonly by: Appeared;
}

/** How long after a client's end its connections are still its own. */
const graceMs = 5000;

/**
 * Makes the recording's files out of the raw ones: every appearance at its place in the recording's hours, each
 * connection with its label, what nobody explains left out.
 */
export async function assemble(raw: Raw, out: string): Promise<Facts> {
  await mkdir(out, { recursive: true });
  const packets = await surveyCapture(raw.packets);
  const connections = [...new Set(packets.map((packet) => packet.connection))];
  const appearances: Appearance[] = raw.appeared.map((by) => ({
    ...{ address: by.address, fromMs: by.from.getTime(), toMs: by.to.getTime(), when: by.planned.when, by },
  }));
  const whose = explainAll(connections, appearances);
  const offsets = offsetsOf(whose, appearances, beginningMs(raw.madeMs, raw.hours));
  const offsetOf = (connection: Connection) => {
    const appearance = whose.get(connection);
    return appearance && offsets.get(appearance);
  };
  const survey = await surveyEvents(raw.events, connections);
  await zip(shiftedCapture(raw.packets, packets, offsetOf), join(out, 'capture.pcap.gz'));
  await zip(shiftedEvents(raw.events, survey, offsetOf), join(out, 'http.jsonl.gz'));
  await writeFile(join(out, 'labels.csv'), labelsCsv(labelsOf(connections, whose, offsets)));
  await writeFile(join(out, 'networks.csv'), networksCsv());

  const explained = connections.filter((connection) => whose.get(connection));
  const requests = survey.events.flatMap(({ connection }) => (connection && whose.get(connection)) ?? []);
  return {
    kinds: kindsOf(
      raw.appeared,
      explained.flatMap((connection) => whose.get(connection)?.by.client ?? []),
      requests.map(({ by }) => by.client),
    ),
    connections: explained.length,
    requests: requests.length,
    unexplained: {
      connections: connections.length - explained.length,
      events: survey.events.length - requests.length,
    },
    eventsLost: survey.lost,
    eventsUnreadable: survey.unreadable,
  };
}

function zip(content: AsyncIterable<Buffer | string>, file: string): Promise<void> {
  return pipeline(Readable.from(content), createGzip({ level: 9 }), createWriteStream(file));
}

function labelsOf(
  connections: readonly Connection[],
  whose: ReadonlyMap<Connection, Appearance | undefined>,
  offsets: ReadonlyMap<Appearance, number>,
): LabelledConnection[] {
  const labels: LabelledConnection[] = [];
  for (const [, ofPort] of Map.groupBy(connections, ({ address, port }) => `${address} ${port}`)) {
    for (const [i, connection] of ofPort.entries()) {
      const appearance = whose.get(connection);
      if (!appearance) continue;
      const { address, port, openedUs } = connection;
      const next = ofPort[i + 1];
      // Until its client has gone, or uses the port again.
      const goneMs = appearance.toMs + graceMs;
      const toMs =
        next && whose.get(next) === appearance ? Math.min(goneMs, next.openedUs / 1000 - 1) : goneMs;
      const offsetMs = (offsets.get(appearance) ?? 0) * 1000;
      const { label, client } = appearance.by;
      labels.push({
        ...{ address, port, label, client },
        fromMs: openedUs / 1000 + offsetMs,
        toMs: Math.max(toMs, openedUs / 1000) + offsetMs,
      });
    }
  }
  return labels.sort((a, b) => a.fromMs - b.fromMs);
}

function kindsOf(
  appeared: readonly Appeared[],
  connections: readonly string[],
  requests: readonly string[],
): Record<string, KindCount> {
  const connectionsOf = new Map(tally(connections));
  const requestsOf = new Map(tally(requests));
  const byClient = Map.groupBy(appeared, ({ client }) => client);
  return Object.fromEntries(
    [...byClient]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([client, all]) => [
        client,
        {
          label: all[0]?.label ?? 'bot',
          appearances: all.length,
          failed: all.filter(({ failure }) => failure !== undefined).length,
          addresses: new Set(all.map(({ address }) => address)).size,
          connections: connectionsOf.get(client) ?? 0,
          requests: requestsOf.get(client) ?? 0,
        },
      ]),
  );
}
