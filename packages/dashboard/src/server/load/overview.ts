import { levelTimeline, visitorsByKind, visitorsByLevel, visitorsToLookAt } from '@ja4/store';
import { doingFeatures } from '../explain/doings.ts';
import { claimPatterns } from '../explain/user-agent.ts';
import { levelNames, urgentLevels } from '../levels.ts';
import type { Context } from '../request/context.ts';
import { bucketSeconds } from '../request/time-range.ts';
import { loadPipeline } from './pipeline.ts';

/** As many networks with one client stack are told as one: fewer could be chance, more would fill the list. */
const fewestNetworks = 5;

/** Everything the overview shows. */
export async function loadOverview(context: Context) {
  const { reader, range } = context;
  const span = { from: range.from, to: range.to };
  const [levels, kinds, lookAt, pipeline] = await Promise.all([
    visitorsByLevel(reader, span, levelNames),
    visitorsByKind(reader, span, { levels: levelNames, urgent: urgentLevels, claims: claimPatterns }),
    visitorsToLookAt(reader, span, {
      levels: levelNames,
      urgent: [...urgentLevels, 'MEDIUM'],
      claims: claimPatterns,
      told: doingFeatures,
      fewest: fewestNetworks,
      limit: 6,
    }),
    loadPipeline(reader, span),
  ]);
  return { levels, kinds, lookAt, pipeline };
}

export type Overview = Awaited<ReturnType<typeof loadOverview>>;

export interface Timeline {
  readonly from: Date;
  readonly to: Date;
  readonly seconds: number;
  readonly rows: Awaited<ReturnType<typeof levelTimeline>>;
}

/** Fewer buckets than this of a range are worth a closer look at where the traffic is. */
const sparse = 12;

/**
 * Visitors over time. When traffic fills only the last part of the range (a site that was added an hour ago,
 * looked at over a day), the picture begins where the traffic does, so that it is not one bar at the edge.
 */
export async function loadTimeline(context: Context): Promise<Timeline> {
  const { reader, range } = context;
  const load = async (from: Date): Promise<Timeline> => {
    const seconds = bucketSeconds((range.to.getTime() - from.getTime()) / 1000);
    const rows = await levelTimeline(reader, { from, to: range.to }, { levels: levelNames, seconds });
    return { from, to: range.to, seconds, rows };
  };
  let timeline = await load(range.from);
  // Each pass is finer than the one before it; a burst of a minute in a week takes three.
  for (let pass = 0; pass < 3; pass += 1) {
    const first = timeline.rows[0];
    if (!first || timeline.seconds <= 1) break;
    const start = new Date(Math.max(timeline.from.getTime(), Date.parse(first.bucket)));
    const used = (range.to.getTime() - start.getTime()) / 1000 / timeline.seconds;
    if (used >= sparse * 4 || start <= timeline.from) break;
    timeline = await load(start);
  }
  return timeline;
}
