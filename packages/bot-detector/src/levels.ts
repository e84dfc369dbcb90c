/**
 * Threat levels. The first five are read off the score; the others are set by a rule beside the score.
 * `ANUBIS_DENY` belongs to the vocabulary of the tables; no rule of this version sets it.
 */
export const threatLevels = [
  'NORMAL',
  'LOW',
  'MEDIUM',
  'HIGH',
  'CRITICAL',
  'KNOWN_BOT',
  'ANUBIS_DENY',
  'LEGITIMATE_BROWSER',
] as const;

export type ThreatLevel = (typeof threatLevels)[number];

/** Levels that come from the score alone, lowest first. */
export const scoreLevels = ['NORMAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;
export type ScoreLevel = (typeof scoreLevels)[number];

/**
 * Lowest score of each level. A score is `1 − p^(1/4)` with p the share of the baseline that scores at
 * least as high (calibration.ts), so a cut is a false-positive rate among the site's own people:
 * LOW 6 %, MEDIUM 1.5 %, HIGH 0.16 %, CRITICAL 0.01 %.
 */
export const levelCuts: Readonly<Record<Exclude<ScoreLevel, 'NORMAL'>, number>> = {
  LOW: 0.5,
  MEDIUM: 0.65,
  HIGH: 0.8,
  CRITICAL: 0.9,
};

/** From this level on a session is written to `ml_detected_anomalies`. */
export const detectionCut = levelCuts.MEDIUM;

export function levelOf(score: number): ScoreLevel {
  if (score >= levelCuts.CRITICAL) return 'CRITICAL';
  if (score >= levelCuts.HIGH) return 'HIGH';
  if (score >= levelCuts.MEDIUM) return 'MEDIUM';
  return score >= levelCuts.LOW ? 'LOW' : 'NORMAL';
}

/** How far below a cut a session must fall before it leaves the level it had. */
const hysteresis = 0.03;

/**
 * The level with a memory of the one before: a session rises as soon as it reaches a cut, and falls only
 * once it is clearly below, so that a score that wavers around a cut does not flap between two levels.
 */
export function levelAfter(score: number, before: ScoreLevel | undefined): ScoreLevel {
  const now = levelOf(score);
  if (before === undefined || scoreLevels.indexOf(now) >= scoreLevels.indexOf(before)) return now;
  const lenient = levelOf(score + hysteresis);
  return scoreLevels.indexOf(lenient) < scoreLevels.indexOf(before) ? lenient : before;
}
