import { writeFile } from 'node:fs/promises';
import { clients } from '../clients/clients.ts';
import { missing } from '../clients/needs.ts';
import { clientsPage } from './clients-page.ts';
import { descriptionOf } from './description.ts';
import { type RecordingSightings, readRecording } from './read-recording.ts';
import type { Sightings } from './sightings.ts';

const rank = (label: string) => ['person', 'robot', 'bot'].indexOf(label);

/** People first, then robots, then bots, each in the order of the testbed's map of clients. */
export function inOrder(
  seen: ReadonlyMap<string, Sightings>,
  names: readonly string[],
): Map<string, Sightings> {
  const place = (name: string) => (names.includes(name) ? names.indexOf(name) : names.length);
  return new Map(
    [...seen].toSorted(
      ([a, x], [b, y]) => rank(x.label) - rank(y.label) || place(a) - place(b) || (a < b ? -1 : 1),
    ),
  );
}

function figures({
  handshakes,
  requests,
  unexplained,
  orphans,
  rejected,
  seen,
}: RecordingSightings): string[] {
  const bad = [...rejected].map(([reason, count]) => `${count} ${reason}`);
  return [
    `${seen.size} clients, ${handshakes} handshakes and ${requests} requests`,
    `(${orphans} of them on connections whose handshake was not captured);`,
    `${unexplained.handshakes} handshakes and ${unexplained.requests} requests belong to nobody in labels.csv.`,
    ...(bad.length > 0 ? [`Lines that are no events: ${bad.join(', ')}.`] : []),
  ];
}

/** Writes the page about clients from a recording's folder. Throws when the recording cannot be read. */
export async function writeClientsPage(options: {
  readonly recording: string;
  readonly out: string;
  readonly report: (line: string) => void;
}): Promise<void> {
  const recording = await readRecording(options.recording);
  const names = Object.keys(clients);
  const shown = [...recording.seen].filter(([, { ja4, requests }]) => ja4.size > 0 || requests > 0);
  const seen = inOrder(new Map(shown), names);
  const { sentences, leftOut } = await descriptionOf(options.recording);
  const notRecorded = new Map<string, string>();
  for (const [name, { needs }] of Object.entries(clients)) {
    if (seen.has(name)) continue;
    const why = recording.seen.has(name) ? 'it connected, but showed nothing' : 'not part of this recording';
    notRecorded.set(name, leftOut.get(name) ?? missing(needs) ?? why);
  }
  const provenance = [...sentences, ...figures(recording)];
  await writeFile(options.out, clientsPage({ seen, notRecorded, provenance }));
  for (const problem of recording.problems) options.report(problem);
  options.report(`${options.out}: ${seen.size} clients, ${notRecorded.size} not recorded`);
}
