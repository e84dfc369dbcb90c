import { levelCuts, type ScoreLevel, type ThreatLevel } from './levels.ts';
import type { JudgedSession } from './session.ts';

/** Confidence from which a session can pass for a browser. */
const legitimateConfidence = 0.75;

/**
 * Whether a session shows a person's use of a browser: several pages over time, their assets, pages reached
 * from pages, and layers that fit together. A perfect handshake with one request is not a person.
 */
function browsesLikeAPerson(judged: JudgedSession): boolean {
  const { session, browser } = judged;
  const f = (name: string) => judged.feature(name);
  // `pause_ratio` is known from four page views on. Unknown must not pass: every comparison fails on NaN.
  return (
    browser.confidence >= legitimateConfidence &&
    browser.engines.engine !== 'tool' &&
    browser.engines.disagreement < 0.25 &&
    f('pause_ratio') > 0 &&
    session.lastSeen - session.firstSeen >= 30 &&
    f('asset_ratio') > 0.15 &&
    f('has_referer') > 0 &&
    f('direct_access_ratio') < 0.5
  );
}

/**
 * The level a rule gives instead of the score's, or the score's own. A rule never changes a score, and the
 * browser rule never speaks against one: it only names sessions that scored as ordinary.
 */
export function levelByRules(judged: JudgedSession, score: number, scored: ScoreLevel): ThreatLevel {
  if (judged.session.botName !== '') return 'KNOWN_BOT';
  if (score < levelCuts.MEDIUM && scored !== 'MEDIUM' && browsesLikeAPerson(judged))
    return 'LEGITIMATE_BROWSER';
  return scored;
}
