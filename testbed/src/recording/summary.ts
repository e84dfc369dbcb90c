/** What a kind of client did in a recording. */
export interface KindCount {
  readonly label: 'person' | 'robot' | 'bot';
  readonly appearances: number;
  readonly failed: number;
  readonly addresses: number;
  readonly connections: number;
  readonly requests: number;
}

/** The content of recording.json: what was recorded, with what, and what is not in it. */
export interface Summary {
  readonly scenario: string;
  readonly seed: number;
  readonly speed: number;
  readonly server: string;
  readonly hours: number;
  /** Installed versions of everything that took part. */
  readonly versions: Readonly<Record<string, string>>;
  readonly kinds: Readonly<Record<string, KindCount>>;
  readonly leftOut: readonly { readonly client: string; readonly why: string }[];
  readonly notReached: Readonly<Record<string, number>>;
  readonly failures: readonly { readonly client: string; readonly why: string; readonly times: number }[];
  readonly connections: number;
  readonly requests: number;
  /** Connections and events that no appearance explains: an error of the recorder, left out of the files. */
  readonly unexplained: { readonly connections: number; readonly events: number };
  readonly eventsLost: number;
  readonly eventsUnreadable: number;
}

/** Times something was said, most often first. */
export function tally(words: Iterable<string>): [string, number][] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** The last lines of a run: what each kind did, what is missing and why. */
export function describe(summary: Summary): string[] {
  const row = (...cells: (string | number)[]) =>
    cells
      .map((cell, i) => (i < 2 ? String(cell).padEnd(i === 0 ? 30 : 7) : String(cell).padStart(12)))
      .join(' ');
  const kinds = Object.entries(summary.kinds).sort(([, a], [, b]) => a.label.localeCompare(b.label));
  return [
    row('client', 'label', 'appearances', 'failed', 'addresses', 'connections', 'requests'),
    ...kinds.map(([client, kind]) =>
      row(
        ...([client, kind.label, kind.appearances, kind.failed] as const),
        ...([kind.addresses, kind.connections, kind.requests] as const),
      ),
    ),
    ...summary.leftOut.map(({ client, why }) => `left out: ${client}: ${why}`),
    ...Object.entries(summary.notReached).map(([client, times]) => `no time for: ${client}, ${times} times`),
    ...summary.failures.map(({ client, why, times }) => `failed ${times} times: ${client}: ${why}`),
    ...kinds.flatMap(([client, { requests }]) => (requests === 0 ? [`no request came from: ${client}`] : [])),
    ...(summary.eventsLost > 0 ? [`${summary.eventsLost} events were lost before the receiver`] : []),
    `${summary.connections} connections, ${summary.requests} requests, ${summary.hours} h`,
  ];
}

/** What makes a recording unfit for use; nothing when it is sound. */
export function problemsOf({ unexplained, eventsUnreadable, requests }: Summary): string[] {
  const problems = [
    [unexplained.connections, 'connections that no client explains'],
    [unexplained.events, 'events that no connection explains'],
    [eventsUnreadable, 'events that cannot be read'],
  ] as const;
  return [
    ...problems.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : [])),
    ...(requests === 0 ? ['no request at all'] : []),
  ];
}
