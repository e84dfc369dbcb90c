/** A span of time as the URL gives it, resolved against the clock. */
export interface TimeRange {
  readonly from: Date;
  readonly to: Date;
  /** As written in the URL, for links that keep it. */
  readonly fromText: string;
  readonly toText: string;
}

export type TimeRangeResult = { ok: true; value: TimeRange } | { ok: false; reason: string };

/** What is shown when the URL says nothing. */
export const defaultFrom = 'now-24h';

/** The ranges offered beside the free ones. */
export const presets = [
  { from: 'now-1h', label: 'last hour' },
  { from: 'now-6h', label: 'last 6 h' },
  { from: 'now-24h', label: 'last 24 h' },
  { from: 'now-7d', label: 'last 7 days' },
] as const;

const secondsPer: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const longestSeconds = 400 * 86_400;

/** A point in time from `now`, `now-6h` or ISO 8601 (UTC unless it names an offset); undefined when it is neither. */
export function parseTime(text: string, nowMs: number): Date | undefined {
  const relative = /^now(?:-(\d{1,9})([smhdw]))?$/.exec(text);
  if (relative) {
    const back = Number(relative[1] ?? 0) * (secondsPer[relative[2] ?? 's'] ?? 1);
    return valid(new Date(nowMs - back * 1000));
  }
  const iso = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(Z|[+-]\d{2}:\d{2})?$/.exec(
    text,
  );
  if (!iso) return undefined;
  const zoned = iso[1] !== undefined || text.length === 10 ? text : `${text}Z`;
  const time = valid(new Date(zoned.replace(' ', 'T')));
  // JavaScript takes 30 February for 2 March.
  const day = valid(new Date(`${text.slice(0, 10)}T00:00:00Z`));
  return day?.toISOString().startsWith(text.slice(0, 10)) ? time : undefined;
}

/** Years that the store's times can hold. */
const [firstYear, lastYear] = [1900, 2299];

function valid(time: Date): Date | undefined {
  const year = time.getUTCFullYear();
  return year >= firstYear && year <= lastYear ? time : undefined;
}

const forms = 'write ISO 8601 (2026-01-31T12:00:00Z) or now-<number><s|m|h|d|w> (now-6h)';

/** The range of `from` and `to`, or what is wrong with them and how to write it. */
export function parseTimeRange(
  fromText: string | undefined,
  toText: string | undefined,
  nowMs: number,
): TimeRangeResult {
  const from = parseTime(fromText ?? defaultFrom, nowMs);
  if (!from) return { ok: false, reason: `from is not a time: ${forms}` };
  const to = parseTime(toText ?? 'now', nowMs);
  if (!to) return { ok: false, reason: `to is not a time: ${forms}` };
  const seconds = (to.getTime() - from.getTime()) / 1000;
  if (seconds <= 0) return { ok: false, reason: 'from must be before to' };
  if (seconds > longestSeconds) return { ok: false, reason: 'the range is longer than 400 days: shorten it' };
  return { ok: true, value: { from, to, fromText: fromText ?? defaultFrom, toText: toText ?? 'now' } };
}

const bucketLadder = [
  1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
];

/** Width in seconds of the bars that cut `seconds` into at most `most` of them. */
export function bucketSeconds(seconds: number, most = 96): number {
  return bucketLadder.find((width) => seconds / width <= most) ?? 604_800;
}
