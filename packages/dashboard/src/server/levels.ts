import type { ThreatLevel } from '@ja4/bot-detector';
import { count } from './format/number.ts';

/** How a threat level is shown: always a colour, a shape and a word together. */
export interface LevelLook {
  readonly level: ThreatLevel;
  /** The word in badges and tables. */
  readonly word: string;
  /** After a number in a sentence: "4 critical". */
  readonly inSentence: string;
  /** The same after any number but one, where it differs. */
  readonly plural?: string;
  /** CSS class of colour (`level-critical`). */
  readonly className: string;
  readonly meaning: string;
}

/** Everything about levels, most urgent first; the order of lists, legends and stacked bars. */
export const levelLooks: readonly LevelLook[] = [
  {
    level: 'CRITICAL',
    word: 'CRITICAL',
    inSentence: 'critical',
    className: 'level-critical',
    meaning: 'Behaves like next to nobody among the people of this site; look at it first.',
  },
  {
    level: 'HIGH',
    word: 'HIGH',
    inSentence: 'high',
    className: 'level-high',
    meaning: 'Very unusual for this site; most of these are automated.',
  },
  {
    level: 'MEDIUM',
    word: 'MEDIUM',
    inSentence: 'medium',
    className: 'level-medium',
    meaning: 'Unusual in several ways; worth a look when there is time.',
  },
  {
    level: 'ANUBIS_DENY',
    word: 'DENIED',
    inSentence: 'on a deny list',
    className: 'level-deny',
    meaning: 'Matches a published deny policy (Anubis), by User-Agent and network together.',
  },
  {
    level: 'LOW',
    word: 'LOW',
    inSentence: 'low',
    className: 'level-low',
    meaning: 'A little unusual, as some people are.',
  },
  {
    level: 'KNOWN_BOT',
    word: 'KNOWN BOT',
    inSentence: 'known bot',
    plural: 'known bots',
    className: 'level-known',
    meaning: 'A robot that is known by its network or its client: a crawler, a monitor, a tool.',
  },
  {
    level: 'LEGITIMATE_BROWSER',
    word: 'LEGITIMATE',
    inSentence: 'legitimate',
    className: 'level-legitimate',
    meaning: 'A browser whose layers agree and that navigates over time as people do.',
  },
  {
    level: 'NORMAL',
    word: 'NORMAL',
    inSentence: 'normal',
    className: 'level-normal',
    meaning: 'Nothing unusual for this site.',
  },
];

/** Levels that somebody should look at. */
export const urgentLevels: readonly ThreatLevel[] = ['CRITICAL', 'HIGH'];

export const levelNames = levelLooks.map((look) => look.level) as [ThreatLevel, ...ThreatLevel[]];

const looks = new Map<string, LevelLook>(levelLooks.map((look) => [look.level, look]));

/** `4 critical`, `1 known bot`. */
export function countOf(look: LevelLook, number: number | string): string {
  return `${count(number)} ${Number(number) === 1 ? look.inSentence : (look.plural ?? look.inSentence)}`;
}

/** The look of a level; one the tables hold but this version does not know is shown as NORMAL with its own word. */
export function lookOf(level: string): LevelLook {
  const known = looks.get(level);
  if (known) return known;
  const normal = looks.get('NORMAL')!;
  return { ...normal, word: level, inSentence: level.toLowerCase(), meaning: 'Not known to this version.' };
}
