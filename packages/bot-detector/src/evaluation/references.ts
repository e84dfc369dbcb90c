import { features } from '@ja4/features';
import { claimedEngine } from '../browser/engine.ts';
import type { LabelledSession } from './labels.ts';
import { outOfFoldProbabilities } from './logistic-regression.ts';

/** A simple way to tell bots, scored on the same sessions: an ensemble that does not beat it is not finished. */
export interface ReferenceScores {
  readonly name: string;
  readonly scores: Float64Array;
}

const namesItself =
  /bot|crawl|spider|scan|curl|wget|python|java|go-http|http-?client|axios|libwww|okhttp|headless/i;

export function referenceScores(sessions: readonly LabelledSession[]): ReferenceScores[] {
  const positive = sessions.map(({ label }) => label === 'bot');
  const rows = sessions.map(({ row }) => features.map(({ name }) => row.features[name] ?? Number.NaN));
  return [
    {
      name: 'User-Agent rule',
      scores: Float64Array.from(sessions, ({ row }) =>
        namesItself.test(row.first_ua) || claimedEngine(row.first_ua) === 'tool' ? 1 : 0,
      ),
    },
    {
      name: 'TLS stack list',
      scores: Float64Array.from(sessions, ({ row }) => 1 - row.axis_ja4_known),
    },
    {
      // The only reference that sees the labels; folds are by address, so that no visitor teaches its own.
      name: 'logistic regression, out of fold',
      scores: outOfFoldProbabilities(
        rows,
        positive,
        sessions.map(({ row }) => row.src_ip),
      ),
    },
  ];
}
