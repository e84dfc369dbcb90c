import {
  activeHours,
  type EarlierLevel,
  earlierLevels,
  recurrences,
  type Store,
  sessionFeatures,
} from '@ja4/store';
import { type ScoreLevel, scoreLevels } from './levels.ts';
import type { Model, ModelName } from './model.ts';
import { sampleWithoutReplacement, seededRandom } from './random.ts';
import { type JudgedSession, judge } from './session.ts';
import { sessionOf } from './session-row.ts';
import type { History } from './verdict.ts';

/** What a detector keeps between the cycles of one site, so that it is not read again. */
export interface CycleMemory {
  readonly models: Map<ModelName, Model>;
  /** Sessions of past windows by the window's start in ms; a closed window does not change. */
  readonly pastWindows: Map<number, readonly JudgedSession[]>;
  /** Requests that each session of the last pass had, by model: what differs has to be written again. */
  readonly requests: Map<ModelName, ReadonlyMap<string, number>>;
}

export const emptyMemory = (): CycleMemory => ({
  models: new Map(),
  pastWindows: new Map(),
  requests: new Map(),
});

/** A visitor session spans at most the present and the previous hour; past windows are as long. */
const windowMs = 2 * 3_600_000;
/** Past windows that training looks back at: a day of people. */
const pastWindowCount = 11;
/** Sessions kept of one past window, drawn at random: enough for quantiles and forests, and bounded. */
const keptPerWindow = 2000;

export async function readSessions(store: Store, span: { from: Date; to: Date }): Promise<JudgedSession[]> {
  const rows = await sessionFeatures(store, span);
  return rows.map((row) => judge(sessionOf(row)));
}

/** Sessions of the day before a time, in windows of two hours, as long as those that are scored. */
export async function readPastSessions(
  store: Store,
  before: Date,
  memory: CycleMemory,
): Promise<JudgedSession[]> {
  const end = Math.floor(before.getTime() / windowMs) * windowMs;
  const start = end - pastWindowCount * windowMs;
  const hours = await activeHours(store, { from: new Date(start), to: new Date(end) });
  for (const known of memory.pastWindows.keys()) if (known < start) memory.pastWindows.delete(known);
  const sessions: JudgedSession[] = [];
  for (let window = start; window < end; window += windowMs) {
    let kept = memory.pastWindows.get(window);
    if (!kept) {
      const active = hours.some((hour) => hour.getTime() >= window && hour.getTime() < window + windowMs);
      // An empty window is asked about again: its rows may still be on their way, or come from a replay.
      if (!active) continue;
      kept = someOf(
        await readSessions(store, { from: new Date(window), to: new Date(window + windowMs) }),
        window,
      );
      memory.pastWindows.set(window, kept);
    }
    sessions.push(...kept);
  }
  return sessions;
}

function someOf(sessions: readonly JudgedSession[], seed: number): readonly JudgedSession[] {
  if (sessions.length <= keptPerWindow) return sessions;
  const order = Int32Array.from(sessions.keys());
  sampleWithoutReplacement(order, order.length, keptPerWindow, seededRandom(seed / windowMs));
  return [...order.subarray(0, keptPerWindow)].flatMap((i) => sessions[i] ?? []);
}

/**
 * What was said of visitors before: their level in the running session (`continued`: a replayed range is
 * judged once, not continued), and on how many earlier days their address was detected.
 */
export async function readHistory(
  store: Store,
  span: { from: Date; until: Date; continued: boolean },
): Promise<(judged: JudgedSession, model: ModelName) => History> {
  const key = (row: Pick<EarlierLevel, 'src_ip' | 'tls_stack' | 'host' | 'model_name'>) =>
    `${row.src_ip} ${row.tls_stack} ${row.model_name} ${row.host}`;
  const levels = new Map<string, ScoreLevel>();
  if (span.continued)
    for (const row of await earlierLevels(store, { since: span.from, until: span.until })) {
      const level = scoreLevels.find((known) => known === row.threat_level);
      if (level) levels.set(key(row), level);
    }
  const recurring = await recurrences(store, span.from);
  return ({ session }, model) => ({
    level: levels.get(
      key({ src_ip: session.srcIp, tls_stack: session.tlsStack, host: session.host, model_name: model }),
    ),
    recurrence: recurring.get(session.srcIp) ?? 0,
  });
}
