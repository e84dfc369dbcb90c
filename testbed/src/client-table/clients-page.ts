import { type Layer, type Likenesses, layers, likenesses } from './likeness.ts';
import { code, table } from './markdown.ts';
import { type Counts, headerOrders, type Sightings } from './sightings.ts';

/** Everything the page is made of. */
export interface PageContent {
  readonly seen: ReadonlyMap<string, Sightings>;
  /** Kinds that are not in the recording, each with the reason. */
  readonly notRecorded: ReadonlyMap<string, string>;
  /** What the recording was and what was read of it, one sentence each. */
  readonly provenance: readonly string[];
}

/** What stands above the tables, whatever the recording. */
export const introduction = `# What clients look like

Every kind of client of the [testbed](../testbed/README.md), as the sentinel and a web server saw it: JA4 and
TLS stack from the captured ClientHellos, HTTP/2 fingerprint and header order from the server's events. Made from
a recording by a program, never by hand:

\`\`\`
npm run testbed -- record --scenario full --out /tmp/recording
npm run testbed -- clients --recording /tmp/recording --out docs/clients.md
\`\`\`

## How to read it

- **JA4**: every variant that was seen, the most frequent first (of more than twelve, the first twelve). One
  client has several when it resumes sessions or speaks to the server with another ALPN. **TLS stack** is JA4 without what resumption changes; clients with
  the same number have the same.
- **HTTP/2**: \`SETTINGS|WINDOW_UPDATE|PRIORITY|PSEUDO_ORDER\`, or the HTTP version where there is none.
- **Headers**: the numbers of the header orders below. They are those of navigations where the client makes such
  (\`Sec-Fetch-Mode: navigate\`), otherwise those of the first request of each connection. Headers that depend on
  the moment are left out (cookies, referrer, validators, bodies). A star means that the web server may have
  moved or re-cased names. "In any order" stands for clients that shuffle.
- **Cannot be told from**: "all three" names clients that showed everything this one showed, in TLS, HTTP/2 and
  headers: nothing on this page distinguishes it from them. "TLS", "HTTP/2" and "headers" name those with which
  it is indistinguishable at that layer, "part of" those with which it shares some of its variants. Clients that
  speak HTTP/1 only are not compared at HTTP/2. TCP is not compared: all of them ran on one kernel.
`;

/** Of a client that never shows the same twice, a page shows this many. */
const mostShown = 12;

const byCount = (counts: Counts) =>
  [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, mostShown);

/** Cells of the most frequent values, and how many more there were. */
function cell(counts: Counts, separator: string, show: (value: string) => string): string {
  const shown = byCount(counts).map(([value]) => show(value));
  if (counts.size > mostShown) shown.push(`and ${counts.size - mostShown} rarer`);
  return shown.join(separator) || 'none seen';
}

/** Numbers for values, in the order in which clients first show them. */
function numbered(seen: ReadonlyMap<string, Sightings>, values: (one: Sightings) => Counts, letter: string) {
  const numbers = new Map<string, string>();
  for (const one of seen.values()) {
    for (const [value] of byCount(values(one))) {
      if (!numbers.has(value)) numbers.set(value, `${letter}${numbers.size + 1}`);
    }
  }
  return numbers;
}

const whoShows = (seen: ReadonlyMap<string, Sightings>, value: string, values: (one: Sightings) => Counts) =>
  [...seen].filter(([, one]) => values(one).has(value)).map(([name]) => name);

function marks({ inAll, same, part }: Likenesses): string {
  const named = (what: string, names: readonly string[]) =>
    names.length > 0 ? [`${what}: ${names.join(', ')}`] : [];
  const of = (what: string, lists: Readonly<Record<Layer, readonly string[]>>) =>
    layers.flatMap((layer) => named(what + layer, lists[layer]));
  const all = [...named('**all three**', inAll), ...of('', same), ...of('part of ', part)];
  return all.join('<br>') || 'nobody here';
}

function clientsTable(seen: ReadonlyMap<string, Sightings>): string {
  const stacks = numbered(seen, (one) => one.tlsStacks, 'T');
  const orders = numbered(seen, headerOrders, 'H');
  const number = (numbers: ReadonlyMap<string, string>) => (value: string) => numbers.get(value) ?? '';
  const rows = [...seen].map(([name, one]) => [
    `\`${name}\``,
    one.label,
    cell(one.ja4, '<br>', code),
    cell(one.tlsStacks, ', ', number(stacks)),
    cell(one.http, '<br>', code),
    `${cell(headerOrders(one), ', ', number(orders))}${one.unsureOrder ? '*' : ''}`,
    marks(likenesses(name, seen)),
  ]);
  return table(['Client', 'Label', 'JA4', 'TLS stack', 'HTTP/2', 'Headers', 'Cannot be told from'], rows);
}

function valuesTable(
  seen: ReadonlyMap<string, Sightings>,
  values: (one: Sightings) => Counts,
  letter: string,
  what: string,
): string {
  const rows = [...numbered(seen, values, letter)].map(([value, number]) => [
    number,
    code(value.endsWith(': ') ? `${value}none` : value.replaceAll(',', ', ')),
    whoShows(seen, value, values).join(', '),
  ]);
  return table(['', what, 'Clients'], rows);
}

function userAgents(seen: ReadonlyMap<string, Sightings>): string {
  const rows = [...seen].map(([name, { userAgents: counts, requests }]) => {
    const [first, ...others] = byCount(counts);
    const more = others.length > 0 ? `and ${counts.size - 1} more` : '';
    return [`\`${name}\``, String(requests), first ? code(first[0].slice(0, 300)) : 'none seen', more];
  });
  return table(['Client', 'Requests', 'Most frequent User-Agent', ''], rows);
}

/** The whole page. Clients stand in the order of `seen`. */
export function clientsPage({ seen, notRecorded, provenance }: PageContent): string {
  const missing = [...notRecorded].map(([name, why]) => `- \`${name}\`: ${why}`);
  const parts = [
    `${introduction}\nMade from: ${provenance.join(' ')}`,
    `## Clients\n\n${clientsTable(seen)}`,
    ...(missing.length > 0 ? [`## Not recorded\n\n${missing.join('\n')}`] : []),
    `## Header orders\n\n${valuesTable(seen, headerOrders, 'H', 'Version: names in order')}`,
    `## TLS stacks\n\n${valuesTable(seen, (one) => one.tlsStacks, 'T', 'Stack')}`,
    `## User-Agents\n\n${userAgents(seen)}`,
  ];
  return `${parts.join('\n\n')}\n`;
}
