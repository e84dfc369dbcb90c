import {
  type FullVerdict,
  listRequests,
  visitorDots,
  visitorIdentity,
  visitorNeighbours,
  visitorPaths,
  visitorVerdicts,
} from '@ja4/store';
import { levelNames, lookOf } from '../levels.ts';
import type { Context } from '../request/context.ts';
import { storedPrefix } from '../request/network.ts';

const listed = { requests: 60, paths: 15, neighbours: 8 };

/** Everything a visitor's page shows; `present` is the most urgent of its newest verdicts. */
export async function loadVisitor(context: Context, ip: string) {
  const { reader, range } = context;
  const span = { from: range.from, to: range.to };
  const [verdicts, identity] = await Promise.all([
    visitorVerdicts(reader, ip),
    visitorIdentity(reader, span, ip),
  ]);
  const newest = newestOfSessions(verdicts).filter(
    ({ last_seen }) => Date.parse(last_seen) >= span.from.getTime(),
  );
  const present = [...newest].sort(byUrgency)[0];
  const stacks = [
    ...new Set([...newest.map(({ tls_stack }) => tls_stack), ...(identity?.tls_stacks ?? [])]),
  ].filter((stack) => stack !== '');
  const asn = identity?.asn_number ?? present?.asn_number ?? 0;
  const lasted = identity ? Date.parse(identity.last_time) - Date.parse(identity.first_time) : 0;
  const neighbours = { ip, stacks, asn, levels: levelNames, limit: listed.neighbours };
  const none: readonly string[] = [];
  const filter = {
    method: none,
    path: none,
    host: none,
    http_version: none,
    status: [],
    ja4: none,
    tls_stack: none,
    asn: [],
  };
  const [requests, paths, dots, sameStack, sameNetwork] = await Promise.all([
    listRequests(
      reader,
      span,
      {
        only: { ...filter, ip: [storedPrefix(ip) ?? ip] },
        not: { ...filter, ip: none },
        search: '',
      },
      { sort: 'time', descending: true, limit: listed.requests, after: undefined },
    ),
    visitorPaths(reader, span, ip, listed.paths),
    visitorDots(reader, span, ip, Math.max(1, Math.ceil(lasted / 400))),
    stacks.length > 0 ? visitorNeighbours(reader, span, { ...neighbours, relation: 'stack' }) : [],
    asn > 0 ? visitorNeighbours(reader, span, { ...neighbours, relation: 'network' }) : [],
  ]);
  return { ip, identity, verdicts, newest, present, requests, paths, dots, sameStack, sameNetwork };
}

export type Visitor = Awaited<ReturnType<typeof loadVisitor>>;

/** The first verdict of each session; they arrive newest first. */
function newestOfSessions(verdicts: readonly FullVerdict[]): FullVerdict[] {
  const bySession = new Map<string, FullVerdict>();
  for (const verdict of verdicts) {
    const key = JSON.stringify([verdict.tls_stack, verdict.host, verdict.model_name]);
    if (!bySession.has(key)) bySession.set(key, verdict);
  }
  return [...bySession.values()];
}

function byUrgency(a: FullVerdict, b: FullVerdict): number {
  const rank = (verdict: FullVerdict) => levelNames.indexOf(lookOf(verdict.threat_level).level);
  return rank(a) - rank(b) || b.anomaly_score - a.anomaly_score;
}
