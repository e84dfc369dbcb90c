import { z } from 'zod';

/** The parts that answers are made of. 64-bit integers are text, times are ISO 8601 in UTC. */
export const uint64 = z.string().regex(/^\d+$/).describe('64-bit integer as text');
export const time = z.string().describe('ISO 8601, UTC');
const measure = z.number().nullable();

export const reason = z
  .object({
    feature: z.string(),
    value: measure,
    baseline_low: measure.describe('p5 of people here'),
    baseline_high: measure.describe('p95 of people here'),
    contribution: measure,
  })
  .describe('One feature’s part in a score');

const session = {
  detected_at: time,
  window_start: time,
  first_seen: time,
  last_seen: time,
  tls_stack: z.string(),
  ja4: z.string(),
  host: z.string(),
  threat_level: z.string(),
  anomaly_score: measure.describe('In [0, 1], 1 = most anomalous'),
  raw_anomaly_score: measure,
  model_name: z.string(),
  mode: z.string(),
  provisional: z.number(),
  correlated: z.number(),
  recurrence: z.number(),
  bot_name: z.string(),
  browser_family: z.string(),
  browser_confidence: measure,
  asn_number: z.number(),
  asn_org: z.string(),
  asn_label: z.string(),
  country_code: z.string(),
  campaign_id: z.number(),
  hits: uint64,
  hit_velocity: measure,
  eif_score: measure,
  ae_recon_error: measure,
  xgb_prob: measure,
  first_ua: z.string(),
  reason: z.string(),
  reasons: z.array(reason),
};

export const verdict = z.object({
  ...session,
  src_ip: z.string(),
  fuzzing_index: measure,
  post_ratio: measure,
  address_stacks: z.number().describe('Client stacks of the address; above 1 several clients share it'),
  told_features: z.record(z.string(), measure).describe('What sentences about behaviour are made of'),
});

export const fullVerdict = z.object({
  ...session,
  axis_ja4_known: measure,
  axis_ja4_struct: measure,
  axis_http_modern: measure,
  axis_nav_behavior: measure,
  axis_tls_coherence: measure,
  axis_h2_coherence: measure,
  anubis_bot_name: z.string(),
  anubis_bot_action: z.string(),
  asn_detail: z.string(),
  asn_domain: z.string(),
  features: z.record(z.string(), measure),
  cycle_id: z.string(),
});

export const request = z.object({
  time,
  ip: z.string(),
  src_port: z.number(),
  method: z.string(),
  scheme: z.string(),
  host: z.string(),
  path: z.string(),
  query: z.string(),
  http_version: z.string(),
  status_code: z.number(),
  response_size: uint64,
  duration_ms: measure,
  header_user_agent: z.string(),
  header_referer: z.string(),
  ja4: z.string(),
  tls_stack: z.string(),
  correlated: z.number(),
  keepalives: z.number(),
  src_asn: z.number(),
  src_org: z.string(),
  src_country_code: z.string(),
});

export const neighbour = z.object({
  ip: z.string(),
  threat_level: z.string(),
  anomaly_score: measure,
  asn_number: z.number(),
  asn_org: z.string(),
  hits: uint64,
  last_seen: time,
  first_ua: z.string(),
  total: uint64,
});

export const list = <Row extends z.ZodType>(row: Row) =>
  z.object({
    rows: z.array(row),
    next: z.string().nullable().describe('Give it as cursor to get the next rows; null at the end'),
  });
