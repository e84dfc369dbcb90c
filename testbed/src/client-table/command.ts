import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clients } from '../clients/clients.ts';
import { missing } from '../clients/needs.ts';
import { clientsPage } from './clients-page.ts';
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

/** Programs whose work this is, as the recording's own description names them; nothing when it has none. */
async function description(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, 'recording.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return ['a recording without a description of its own.'];
  const said = JSON.parse(text) as Record<string, unknown>;
  const plain = ['scenario', 'seed', 'speed', 'server', 'recorded', 'began'].flatMap((key) =>
    ['string', 'number'].includes(typeof said[key]) ? [`${key} ${said[key]}`] : [],
  );
  const versions = Object.entries(
    typeof said.versions === 'object' && said.versions !== null ? said.versions : {},
  ).map(([name, version]) => `${name} ${version}`);
  return [`${plain.join(', ')}.`, ...(versions.length > 0 ? [`Versions: ${versions.join(', ')}.`] : [])];
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
  const notRecorded = new Map<string, string>();
  for (const [name, { needs }] of Object.entries(clients)) {
    if (!seen.has(name)) notRecorded.set(name, missing(needs) ?? 'not part of this recording');
  }
  const provenance = [...(await description(options.recording)), ...figures(recording)];
  await writeFile(options.out, clientsPage({ seen, notRecorded, provenance }));
  for (const problem of recording.problems) options.report(problem);
  options.report(`${options.out}: ${seen.size} clients, ${notRecorded.size} not recorded`);
}
