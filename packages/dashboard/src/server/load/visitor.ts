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
import { sessionId } from '../session-id.ts';

const listed = { requests: 60, paths: 15, neighbours: 8 };

/**
 * Everything a visitor's page shows. An address can be several clients (people behind one address, a program
 * beside a person), so everything but `sessions` and `verdicts` is about one session of it: `present`, which
 * is the one asked for, else the most urgent. An address without a verdict is shown as a whole.
 */
export async function loadVisitor(context: Context, ip: string, asked?: string) {
  const { reader, range } = context;
  const span = { from: range.from, to: range.to };
  const verdicts = await visitorVerdicts(reader, ip);
  const sessions = newestOfSessions(verdicts)
    .filter(
      ({ first_seen, last_seen }) =>
        Date.parse(last_seen) >= span.from.getTime() && Date.parse(first_seen) <= span.to.getTime(),
    )
    .sort(byUrgency);
  const present = sessions.find((session) => sessionId(session) === asked) ?? sessions[0];
  const session = present && { tls_stack: present.tls_stack, host: present.host };
  const part = { ip, session };
  const identity = await visitorIdentity(reader, span, part);
  const stacks = (present ? [present.tls_stack] : (identity?.tls_stacks ?? [])).filter(
    (stack) => stack !== '',
  );
  const asn = identity?.asn_number || present?.asn_number || 0;
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
        only: {
          ...filter,
          ip: [storedPrefix(ip) ?? ip],
          ...(session && { tls_stack: [session.tls_stack], host: [session.host] }),
        },
        not: { ...filter, ip: none },
        search: '',
      },
      { sort: 'time', descending: true, limit: listed.requests, after: undefined },
    ),
    visitorPaths(reader, span, part, listed.paths),
    visitorDots(reader, span, part, Math.max(1, Math.ceil(lasted / 400))),
    stacks.length > 0 ? visitorNeighbours(reader, span, { ...neighbours, relation: 'stack' }) : [],
    asn > 0 ? visitorNeighbours(reader, span, { ...neighbours, relation: 'network' }) : [],
  ]);
  return { ip, identity, verdicts, sessions, present, requests, paths, dots, sameStack, sameNetwork };
}

export type Visitor = Awaited<ReturnType<typeof loadVisitor>>;

/** The first verdict of each session; they arrive newest first. */
function newestOfSessions(verdicts: readonly FullVerdict[]): FullVerdict[] {
  const bySession = new Map<string, FullVerdict>();
  for (const verdict of verdicts) {
    const id = sessionId(verdict);
    if (!bySession.has(id)) bySession.set(id, verdict);
  }
  return [...bySession.values()];
}

function byUrgency(a: FullVerdict, b: FullVerdict): number {
  const rank = (verdict: FullVerdict) => levelNames.indexOf(lookOf(verdict.threat_level).level);
  return rank(a) - rank(b) || b.anomaly_score - a.anomaly_score;
}
