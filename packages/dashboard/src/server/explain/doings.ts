import { count, percent } from '../format/number.ts';

/** The features that `doings` reads, as the lists ask the store for them. */
export const doingFeatures = [
  'post_ratio',
  'login_post_concentration',
  'not_found_ratio',
  'denied_ratio',
  'fuzzing_index',
] as const;

/**
 * What somebody did that matters whoever it was, gravest first: sign-ins tried in series, paths that do not
 * exist, doors that stayed shut. Said as counts, without a guess at what was meant by it.
 *
 * @param hits requests of the session
 * @param features values by name; a missing one counts as unknown and is not told
 */
export function doings(hits: number, features: Readonly<Record<string, number>>): string[] {
  const told: string[] = [];
  const signIns = Math.round(hits * (features.post_ratio ?? 0) * (features.login_post_concentration ?? 0));
  const refused = features.denied_ratio ?? 0;
  if (signIns >= 10) told.push(`sends ${count(signIns)} POSTs to sign-in paths`);
  const missing = features.not_found_ratio ?? 0;
  if (hits >= 10 && missing > 0.2)
    told.push(`asks for what does not exist with ${percent(missing)} of its requests`);
  if (hits >= 10 && refused > 0.2) told.push(`is refused with ${percent(refused)} of its requests`);
  const queries = features.fuzzing_index ?? 0;
  if (hits >= 10 && queries >= 5) told.push(`tries ${count(Math.round(queries))} query strings per path`);
  return told;
}
