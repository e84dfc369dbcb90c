import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseHttpEvent } from '@ja4/correlator';
import { readCaptureFile } from '@ja4/sentinel';
import { eventLines } from './event-lines.ts';
import { type Sightings, SightingsBuilder } from './sightings.ts';
import { TruthBook } from './truth.ts';

/** What a recording shows of each client, and how much of it was of use. */
export interface RecordingSightings {
  readonly seen: ReadonlyMap<string, Sightings>;
  readonly handshakes: number;
  readonly requests: number;
  /** Handshakes and requests of nobody that labels.csv knows. */
  readonly unexplained: { readonly handshakes: number; readonly requests: number };
  /** Requests on connections of which no handshake was captured. */
  readonly orphans: number;
  /** Lines of events that are none, by reason. */
  readonly rejected: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
}

/**
 * Reads `capture.pcap.gz`, `http.jsonl.gz` (any server's dialect) and `labels.csv` of a folder. Handshakes and
 * requests find their client by address, port and time.
 *
 * @throws Error when one of the files cannot be read
 */
export async function readRecording(folder: string): Promise<RecordingSightings> {
  const truth = new TruthBook(await readFile(join(folder, 'labels.csv'), 'utf8'));
  const builders = new Map<string, SightingsBuilder>();
  for (const [client, label] of truth.clients) builders.set(client, new SightingsBuilder(label));
  const connections = new Set<string>();
  const unexplained = { handshakes: 0, requests: 0 };
  const rejected = new Map<string, number>();
  let [handshakes, requests, orphans] = [0, 0, 0];

  const capture = readCaptureFile(join(folder, 'capture.pcap.gz'));
  for await (const event of capture.events) {
    handshakes++;
    connections.add(`${event.src_ip} ${event.src_port}`);
    const who = truth.of(event.src_ip, event.src_port, event.timestamp / 1e6);
    if (who) builders.get(who.client)?.handshake(event);
    else unexplained.handshakes++;
  }

  const damages: string[] = [];
  for await (const line of eventLines(join(folder, 'http.jsonl.gz'), (why) => damages.push(why))) {
    const parsed = parseHttpEvent(line);
    if (!parsed.ok) {
      rejected.set(parsed.reason, (rejected.get(parsed.reason) ?? 0) + 1);
      continue;
    }
    const event = parsed.value;
    requests++;
    if (!connections.has(`${event.src_ip} ${event.src_port}`)) orphans++;
    const who = truth.of(event.src_ip, event.src_port, event.timestamp / 1e6);
    if (who) builders.get(who.client)?.request(event);
    else unexplained.requests++;
  }

  const seen = new Map([...builders].map(([client, builder]) => [client, builder.done()]));
  return {
    seen,
    handshakes,
    requests,
    unexplained,
    orphans,
    rejected,
    problems: [...capture.problems, ...damages],
  };
}
