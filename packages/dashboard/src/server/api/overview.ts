import { z } from 'zod';
import { loadOverview, loadTimeline } from '../load/overview.ts';
import { loadPipeline } from '../load/pipeline.ts';
import { api } from '../routes.ts';
import { reason, time, uint64 } from './rows.ts';

const pipeline = z.object({
  captured: z.number().optional().describe('ClientHellos read from the wire; absent when no sensor reported'),
  handshakes: z.number().describe('Handshakes that the stored requests were joined with'),
  requests: z.number(),
  joined: z.number(),
  behindProxy: z.number(),
  lastRequest: time,
  lastVerdict: time,
  everRequests: z.number(),
  everVerdicts: z.number(),
  losses: z.array(
    z.object({ service: z.string(), counter: z.string(), words: z.string(), amount: z.number() }),
  ),
  lost: z.number(),
  services: z.array(
    z.object({
      service: z.string(),
      instances: z.number(),
      lastReport: time,
      restarts: z.number(),
      counted: z.record(z.string(), z.number()),
    }),
  ),
});

export const overviewRoute = api({
  path: '/overview',
  summary: 'Visitors by level and kind, those that need a look, and the pipeline',
  shape: {},
  response: z.object({
    levels: z.array(
      z.object({
        threat_level: z.string(),
        visitors: uint64,
        sessions: uint64,
        last_scored: time,
        provisional: z.number(),
        mode: z.string(),
      }),
    ),
    kinds: z.array(
      z.object({
        kind: z.enum(['browser', 'robot', 'unknown']),
        name: z.string(),
        says: z.enum(['browser', 'program', 'nothing', '']),
        visitors: uint64,
        urgent_visitors: uint64,
      }),
    ),
    lookAt: z.array(
      z
        .object({
          ip: z.string(),
          level: z.string(),
          score: z.number(),
          stack: z.string(),
          says: z.enum(['browser', 'program', 'nothing']),
          visitors: uint64,
          operators: uint64,
          main_reasons: z.array(reason),
          told_features: z.record(z.string(), z.number().nullable()),
          user_agent: z.string(),
          main_host: z.string(),
          family: z.string(),
          main_requests: uint64,
          all_requests: uint64,
          last_seen_time: time,
          is_provisional: z.number(),
          asn: z.number(),
          network: z.string(),
          country: z.string(),
        })
        .describe('One visitor, or the most unusual of as many as `visitors` says with one client stack'),
    ),
    pipeline,
  }),
  answer: loadOverview,
});

export const timelineRoute = api({
  path: '/timeline',
  summary: 'Visitors over time by level',
  shape: {},
  response: z.object({
    from: time,
    to: time,
    seconds: z.number().describe('Width of a bucket'),
    rows: z.array(z.object({ bucket: time, threat_level: z.string(), visitors: uint64, requests: uint64 })),
  }),
  answer: async (context) => {
    const { from, to, seconds, rows } = await loadTimeline(context);
    return { from: from.toISOString(), to: to.toISOString(), seconds, rows };
  },
});

export const pipelineRoute = api({
  path: '/pipeline',
  summary: 'What passed through the pipeline, what was lost, how far behind it is',
  shape: {},
  response: pipeline,
  answer: ({ reader, range: { from, to } }) => loadPipeline(reader, { from, to }),
});
