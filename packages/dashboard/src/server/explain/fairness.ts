import type { FullVerdict } from '@ja4/store';
import type { Claim } from './user-agent.ts';

/**
 * What must be known before a verdict is acted on: a score says how far somebody is from the people of this
 * site, and a program that does not pretend to be a person is far from them without doing any harm.
 */
export function fairness(claim: Claim, verdict: FullVerdict): string | undefined {
  const { threat_level: level, bot_name: bot } = verdict;
  if (level === 'KNOWN_BOT' && bot !== '')
    return 'Its network or its client stack is on the list of known robots, which decides the level whatever the score.';
  if (claim.kind === 'browser' || !['MEDIUM', 'HIGH', 'CRITICAL'].includes(level)) return undefined;
  const who =
    claim.kind === 'robot' || claim.kind === 'tool'
      ? 'a program that says so is far from it by nature'
      : 'whatever is no browser is far from it by nature';
  return `The score says how far this is from the way people browse here, and ${who}. No list vouches for it either: whether it is welcome shows in what it asked for.`;
}
