import { coherenceOf, type Mode } from './baseline.ts';
import { engines } from './browser/engine.ts';
import { levelAfter, type ScoreLevel, type ThreatLevel } from './levels.ts';
import type { ModelName } from './model.ts';
import { levelByRules } from './rules.ts';
import { reasonText, type Scored } from './score.ts';
import type { JudgedSession } from './session.ts';

/** A scored session with its level. */
export interface Verdict {
  readonly scored: Scored;
  readonly level: ThreatLevel;
  readonly recurrence: number;
}

/** The level a session had before, and how often its address was detected. */
export interface History {
  readonly level?: ScoreLevel | undefined;
  readonly recurrence: number;
}

export function verdictOf(scored: Scored, history: History): Verdict {
  const byScore = levelAfter(scored.score, history.level);
  return {
    scored,
    level: levelByRules(scored.judged, scored.score, byScore),
    recurrence: history.recurrence,
  };
}

/** What a verdict's row says besides the session. */
export interface VerdictContext {
  readonly model: ModelName;
  readonly mode: Mode;
  readonly cycleId: string;
  /** Seconds since 1970. */
  readonly detectedAt: number;
}

/** A row of `ml_all_scores` and `ml_detected_anomalies`. */
export function verdictRow(verdict: Verdict, context: VerdictContext): object {
  const { judged, score, forestScore, reasons } = verdict.scored;
  const { session, browser } = judged;
  const zeroIfUnknown = (name: string) => session.features.get(name) ?? 0;
  return {
    detected_at: context.detectedAt,
    window_start: session.windowStart,
    src_ip: session.srcIp,
    tls_stack: session.tlsStack,
    ja4: session.ja4,
    host: session.host,
    bot_name: session.botName,
    browser_family: session.browserFamily,
    anomaly_score: score,
    raw_anomaly_score: forestScore < 0 ? score : forestScore,
    threat_level: verdict.level,
    model_name: context.model,
    mode: context.mode,
    provisional: context.mode === 'learning' ? 1 : 0,
    correlated: session.correlated ? 1 : 0,
    recurrence: verdict.recurrence,
    asn_number: session.asn.number,
    asn_org: session.asn.org,
    asn_detail: session.asn.name,
    asn_domain: session.asn.domain,
    country_code: session.asn.country,
    asn_label: session.asn.label,
    first_seen: session.firstSeen,
    last_seen: session.lastSeen,
    first_ua: session.userAgent,
    hits: session.hits,
    hit_velocity: zeroIfUnknown('hit_velocity'),
    fuzzing_index: zeroIfUnknown('fuzzing_index'),
    post_ratio: zeroIfUnknown('post_ratio'),
    has_sec_ch_ua: zeroIfUnknown('has_sec_ch_ua'),
    ...browser.axes,
    browser_confidence: browser.confidence,
    eif_score: forestScore,
    reason: reasonText(reasons),
    reasons,
    cycle_id: context.cycleId,
    features: knownFeatures(judged, verdict.recurrence),
  };
}

/** The catalogue's features that are known, and what the detector found out itself. */
function knownFeatures(judged: JudgedSession, recurrence: number): Record<string, number> {
  const { session, browser } = judged;
  const known: Record<string, number> = {};
  for (const [name, value] of session.features) if (Number.isFinite(value)) known[name] = value;
  known.layer_disagreement = browser.engines.disagreement;
  known.layer_coherence = coherenceOf(browser);
  known.recurrence = recurrence;
  for (const [i, engine] of engines.entries())
    known[`engine_${engine.toLowerCase()}`] = browser.engines.posterior[i] ?? 0;
  return known;
}

/** A row of `ml_excluded_sessions`. */
export function exclusionRow(
  excluded: { readonly judged: JudgedSession; readonly why: string },
  context: VerdictContext,
): object {
  const { judged, why } = excluded;
  const { session } = judged;
  return {
    detected_at: context.detectedAt,
    cycle_id: context.cycleId,
    model_name: context.model,
    window_start: session.windowStart,
    src_ip: session.srcIp,
    tls_stack: session.tlsStack,
    ja4: session.ja4,
    host: session.host,
    reason: why,
    fingerprint_coherence_score: session.features.get('fingerprint_coherence_score') ?? 0.5,
    hits: session.hits,
    features: knownFeatures(judged, 0),
  };
}
