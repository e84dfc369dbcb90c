import { z } from 'zod';
import { headline } from '../explain/headline.ts';
import { layersOf } from '../explain/layers.ts';
import { loadVisitor } from '../load/visitor.ts';
import { loadFingerprint } from '../pages/fingerprint.ts';
import { notFound } from '../problem.ts';
import { canonicalAddress } from '../request/network.ts';
import { one, text } from '../request/parameters.ts';
import { api } from '../routes.ts';
import { sessionId } from '../session-id.ts';
import { fullVerdict, neighbour, request, time, uint64 } from './rows.ts';

const identity = z.record(z.string(), z.union([z.string(), z.number(), z.array(z.string())]));

export const visitorRoute = api({
  path: '/ip/:ip',
  summary: 'One visitor: its sessions, and of one of them identity, layers, requests, neighbours',
  shape: { session: one(text) },
  response: z.object({
    ip: z.string(),
    headline: z.string(),
    identity: identity.nullable(),
    present: fullVerdict
      .nullable()
      .describe('The session that everything but sessions and verdicts is about; null: the whole address'),
    sessions: z
      .array(z.object({ id: z.string().describe('Value of the parameter session'), verdict: fullVerdict }))
      .describe('The newest verdict of each session in the range, most urgent first'),
    verdicts: z.array(fullVerdict),
    layers: z.array(
      z.object({ name: z.string(), looksLike: z.string(), detail: z.string(), fit: z.string() }),
    ),
    requests: z.array(request),
    paths: z.array(
      z.object({
        path: z.string(),
        requests: uint64,
        queries: uint64,
        methods: z.array(z.string()),
        statuses: z.array(z.number()),
        last_time: time,
      }),
    ),
    same_stack: z.array(neighbour),
    same_network: z.array(neighbour),
  }),
  answer: async (context, { session }, values) => {
    const ip = canonicalAddress(values.ip ?? '');
    if (!ip) return notFound('This is not an address: write it like 198.18.0.1 or 2001:db8::1.');
    const visitor = await loadVisitor(context, ip, session);
    if (!visitor.identity && visitor.verdicts.length === 0) {
      return notFound(`Nothing is known of ${ip} in this range.`);
    }
    return {
      ip,
      headline: headline(visitor.identity, visitor.present),
      identity: visitor.identity ?? null,
      present: visitor.present ?? null,
      sessions: visitor.sessions.map((verdict) => ({ id: sessionId(verdict), verdict })),
      verdicts: visitor.verdicts,
      layers: visitor.identity ? layersOf(visitor.identity) : [],
      requests: visitor.requests.map(({ sort_number: _n, sort_text: _t, row_key: _k, ...row }) => row),
      paths: visitor.paths,
      same_stack: visitor.sameStack,
      same_network: visitor.sameNetwork,
    };
  },
});

export const fingerprintRoute = api({
  path: '/ja4/:fingerprint',
  summary: 'One JA4: which client it is, who uses it, the same stack’s other fingerprints',
  shape: {},
  response: z.object({
    ja4: z.string(),
    summary: identity,
    siblings: z.array(z.object({ ja4: z.string(), requests: uint64, addresses: uint64 })),
    users: z.array(neighbour),
  }),
  answer: async (context, _parameters, values) => {
    const ja4 = values.fingerprint ?? '';
    const loaded = await loadFingerprint(context, ja4);
    return loaded ? { ja4, ...loaded } : notFound('Nobody used this JA4 in this range.');
  },
});
