import { type Counts, headerOrders, type Sightings } from './sightings.ts';

/** The layers that the page compares. */
export const layers = ['TLS', 'HTTP/2', 'headers'] as const;
export type Layer = (typeof layers)[number];

const valuesOf: Record<Layer, (seen: Sightings) => Counts> = {
  TLS: (seen) => seen.ja4,
  'HTTP/2': (seen) => seen.http,
  headers: headerOrders,
};

/**
 * How the values of one client lie to another's: `same` when everything it showed was shown by the other too,
 * `part` when some of it was, `none` otherwise or when nothing was seen.
 */
export function likeness(layer: Layer, one: Sightings, other: Sightings): 'same' | 'part' | 'none' {
  const values = valuesOf[layer](one);
  const others = valuesOf[layer](other);
  const shared = [...values.keys()].filter((value) => others.has(value)).length;
  if (shared === 0) return 'none';
  return shared === values.size ? 'same' : 'part';
}

/** Who cannot be told from a client, and where. */
export interface Likenesses {
  /** Same in every layer. */
  readonly inAll: readonly string[];
  /** By layer, without those of `inAll`. */
  readonly same: Readonly<Record<Layer, readonly string[]>>;
  readonly part: Readonly<Record<Layer, readonly string[]>>;
}

/** True when a layer could tell clients apart at all: HTTP/1 has no fingerprint of its own. */
function tells(layer: Layer, seen: Sightings): boolean {
  return layer !== 'HTTP/2' || [...seen.http.keys()].some((value) => value.includes('|'));
}

/** Likenesses of one client to all others, which are named in the order of the map. */
export function likenesses(client: string, all: ReadonlyMap<string, Sightings>): Likenesses {
  const one = all.get(client);
  const inAll: string[] = [];
  const same: Record<Layer, string[]> = { TLS: [], 'HTTP/2': [], headers: [] };
  const part: Record<Layer, string[]> = { TLS: [], 'HTTP/2': [], headers: [] };
  for (const [name, other] of all) {
    if (name === client || one === undefined) continue;
    if (layers.every((layer) => likeness(layer, one, other) === 'same')) {
      inAll.push(name);
      continue;
    }
    for (const layer of layers) {
      const how = tells(layer, one) ? likeness(layer, one, other) : 'none';
      if (how === 'same') same[layer].push(name);
      if (how === 'part') part[layer].push(name);
    }
  }
  return { inAll, same, part };
}
