import { behaviourFeatures } from './behaviour.ts';
import { coherenceFeatures } from './coherence.ts';
import type { Feature } from './feature.ts';
import { headerFeatures } from './headers.ts';
import { networkFeatures } from './network.ts';
import { populationFeatures } from './population.ts';
import { tlsFeatures } from './tls.ts';

/** Every feature. The order is the layout of matrices; stored models keep their own list of names. */
export const features: readonly Feature[] = [
  ...networkFeatures,
  ...tlsFeatures,
  ...headerFeatures,
  ...behaviourFeatures,
  ...populationFeatures,
  ...coherenceFeatures,
];

/** The catalogue by feature name. */
export const byName: ReadonlyMap<string, Feature> = new Map(
  features.map((feature) => [feature.name, feature]),
);
