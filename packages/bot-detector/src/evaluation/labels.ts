import type { ScoredSessionRow, SessionConnection } from '@ja4/store';

/** What a visitor really was. `robot` is declared and well-behaved, so neither a person nor an attack. */
type TruthLabel = 'person' | 'robot' | 'bot';

/** One line of a labels file: an address, one of its connections or all, between two times. */
export interface Truth {
  readonly srcIp: string;
  /** undefined = every connection of the address. */
  readonly srcPort: number | undefined;
  /** Seconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly label: TruthLabel;
  readonly client: string;
}

const header = 'src_ip,src_port,t_from,t_to,label,client';

/**
 * Reads a labels file. Throws `labels_file` with the line's number for a line that is not a label: figures
 * from half of the truth would look like figures.
 */
export function parseLabels(csv: string): Truth[] {
  const lines = csv.replace(/^\uFEFF/, '').split(/\r?\n/);
  const wrong = (line: number, what: string) =>
    Object.assign(new Error(`line ${line} of the labels file: ${what}`), { code: 'labels_file' });
  if (lines[0]?.trim() !== header) throw wrong(1, `expected the header ${header}`);
  return lines.flatMap((text, i) => {
    if (i === 0 || text.trim() === '') return [];
    const cells = text.split(',').map((cell) => cell.trim());
    const [ip = '', port = '', from = '', to = '', label = '', client = ''] = cells;
    const srcIp = canonicalAddress(ip);
    if (cells.length !== 6) throw wrong(i + 1, `${cells.length} columns instead of 6`);
    if (srcIp === undefined) throw wrong(i + 1, `"${ip}" is not an address`);
    if (port !== '' && !(/^\d{1,5}$/.test(port) && Number(port) < 65_536))
      throw wrong(i + 1, `"${port}" is not a port`);
    const [start, end] = [Date.parse(from) / 1000, Date.parse(to) / 1000];
    if (!(start <= end)) throw wrong(i + 1, `"${from}" to "${to}" is not a span of time`);
    if (label !== 'person' && label !== 'robot' && label !== 'bot')
      throw wrong(i + 1, `label "${label}" is none of person, robot, bot`);
    return { srcIp, srcPort: port === '' ? undefined : Number(port), from: start, to: end, label, client };
  });
}

function canonicalAddress(text: string): string | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return text;
  const url = text.includes(':') ? URL.parse(`http://[${text}]/`) : null;
  return url?.hostname.slice(1, -1);
}

/** What a session turned out to be, from the labels of its requests. */
export interface SessionTruth {
  readonly label: TruthLabel | 'mixed' | 'unlabelled';
  /** The client of most of its labelled requests. */
  readonly client: string;
}

/** A scored session and its truth. */
export interface LabelledSession extends SessionTruth {
  readonly row: ScoredSessionRow;
}

/** Clocks of a recording's parts differ by less than this, seconds. */
const slack = 2;

export const sessionKey = (row: { src_ip: string; tls_stack: string; host: string }) =>
  `${row.src_ip} ${row.tls_stack} ${row.host}`;

/**
 * Gives each session the label of its requests, joined by connection and time. A session with requests of
 * several labels (a shared address with one client stack) is `mixed`.
 */
export function labelSessions(
  truths: readonly Truth[],
  connections: readonly SessionConnection[],
  shiftSeconds: number,
): Map<string, SessionTruth> {
  const byAddress = Map.groupBy(truths, (truth) => truth.srcIp);
  const requests = new Map<string, Map<string, number>>();
  for (const connection of connections) {
    const counts = requests.get(sessionKey(connection)) ?? new Map<string, number>();
    requests.set(sessionKey(connection), counts);
    const at = byAddress.get(connection.src_ip) ?? [];
    const covering = at.filter(
      (truth) =>
        (truth.srcPort === undefined || truth.srcPort === connection.src_port) &&
        connection.first <= truth.to + shiftSeconds + slack &&
        connection.last >= truth.from + shiftSeconds - slack,
    );
    // A label of this very connection says more than one of the whole address.
    const exact = covering.filter((truth) => truth.srcPort !== undefined);
    for (const { label, client } of exact.length > 0 ? exact : covering) {
      const key = `${label} ${client}`;
      counts.set(key, (counts.get(key) ?? 0) + connection.requests);
    }
  }
  return new Map([...requests].map(([session, counts]) => [session, truthOf(counts)]));
}

function truthOf(counts: ReadonlyMap<string, number>): SessionTruth {
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  if (!most) return { label: 'unlabelled', client: '' };
  const labels = new Set([...counts.keys()].map((key) => key.slice(0, key.indexOf(' '))));
  const label = most[0].slice(0, most[0].indexOf(' ')) as TruthLabel;
  return { label: labels.size > 1 ? 'mixed' : label, client: most[0].slice(label.length + 1) };
}

/**
 * How far the store's requests lie after the labels, in seconds, when a recording was shifted on replay: the
 * median over the connections that both know, or, for labels without ports, over the addresses' first
 * requests. 0 when they are within a minute of each other, or have nothing in common.
 */
export function deriveShift(truths: readonly Truth[], connections: readonly SessionConnection[]): number {
  const firsts = <T>(rows: readonly T[], key: (row: T) => string, start: (row: T) => number) => {
    const first = new Map<string, number>();
    for (const row of rows)
      first.set(key(row), Math.min(start(row), first.get(key(row)) ?? Number.POSITIVE_INFINITY));
    return first;
  };
  for (const withPort of [true, false]) {
    const told = firsts(
      withPort ? truths.filter((truth) => truth.srcPort !== undefined) : truths,
      (truth) => (withPort ? `${truth.srcIp} ${truth.srcPort}` : truth.srcIp),
      (truth) => truth.from,
    );
    const seen = firsts(
      connections,
      (row) => (withPort ? `${row.src_ip} ${row.src_port}` : row.src_ip),
      (row) => row.first,
    );
    const shifts = [...told].flatMap(([key, from]) => {
      const first = seen.get(key);
      return first === undefined ? [] : [first - from];
    });
    if (shifts.length === 0) continue;
    const middle = shifts.sort((a, b) => a - b)[Math.floor(shifts.length / 2)] ?? 0;
    return Math.abs(middle) < 60 ? 0 : middle;
  }
  return 0;
}
