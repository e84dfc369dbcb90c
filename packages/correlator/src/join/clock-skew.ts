/** Latest first requests of a pair that its skew is estimated from. */
const windowSize = 32;
/** With fewer of them nothing is corrected. */
const enough = 8;
/** The estimate is made anew after so many. */
const estimateEvery = 4;
/** Pairs that are followed; sensors and servers name themselves, so the number must be bounded. */
const maxPairs = 1_024;
/** A correction that is told again when it moved by so much, in nanoseconds. */
const worthTelling = 1e9;

export interface ClockSkew {
  readonly sensor: string;
  readonly server: string;
  /** How far the server's clock is ahead of the sensor's, in nanoseconds; 0 = not told apart from latency. */
  readonly skewNs: number;
}

interface Pair {
  readonly sensor: string;
  readonly server: string;
  readonly samples: Float64Array;
  count: number;
  skewNs: number;
  toldNs: number;
}

/**
 * How far the clocks of web servers and sensors are apart, for each pair that sees the same connections.
 *
 * A sample is the time from a handshake to the first request of its connection: skew plus a latency that is
 * never negative, mostly a round trip, sometimes seconds (preconnected browsers). The lower quartile of the
 * last 32 is near the skew, and a quarter of wrong pairings does not move it. What is below the tolerance that
 * the join has anyway counts as 0: it cannot be told from latency.
 */
export class ClockSkews {
  readonly #toleranceNs: number;
  readonly #onChange: (skew: ClockSkew) => void;
  /** By sensor, then server; least recently estimated first. */
  readonly #pairs = new Map<string, Pair>();
  #skewed = 0;
  readonly #sorted = new Float64Array(windowSize);

  constructor(toleranceNs: number, onChange: (skew: ClockSkew) => void = () => {}) {
    this.#toleranceNs = toleranceNs;
    this.#onChange = onChange;
  }

  /** @param sampleNs first request minus handshake, each on its own clock */
  observe(sensor: string, server: string, sampleNs: number): void {
    const key = pairKey(sensor, server);
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      pair = { sensor, server, samples: new Float64Array(windowSize), count: 0, skewNs: 0, toldNs: 0 };
      this.#add(key, pair);
    }
    pair.samples[pair.count++ % windowSize] = sampleNs;
    if (pair.count < enough || pair.count % estimateEvery !== 0) return;
    this.#pairs.delete(key);
    this.#pairs.set(key, pair);
    this.#set(pair, this.#lowerQuartile(pair));
  }

  /** How far the server's clock is ahead of the sensor's, in nanoseconds. */
  between(sensor: string, server: string): number {
    if (this.#skewed === 0) return 0;
    return this.#pairs.get(pairKey(sensor, server))?.skewNs ?? 0;
  }

  all(): ClockSkew[] {
    return [...this.#pairs.values()].map(({ sensor, server, skewNs }) => ({ sensor, server, skewNs }));
  }

  /** Goes on with what was known before a restart. */
  restore({ sensor, server, skewNs }: ClockSkew): void {
    const samples = new Float64Array(windowSize).fill(skewNs);
    const pair: Pair = { sensor, server, samples, count: enough, skewNs: 0, toldNs: 0 };
    this.#add(pairKey(sensor, server), pair);
    this.#set(pair, skewNs);
  }

  /** Gauges: the largest skew, in milliseconds with its sign, and the pairs that are followed. */
  counters(): Record<string, number> {
    let largest = 0;
    for (const { skewNs } of this.#pairs.values()) {
      if (Math.abs(skewNs) > Math.abs(largest)) largest = skewNs;
    }
    return {
      last_clock_skew_ms: Math.round(largest / 1e6),
      clock_pairs_held: this.#pairs.size,
      clock_pairs_held_skewed: this.#skewed,
    };
  }

  #add(key: string, pair: Pair): void {
    if (this.#pairs.size >= maxPairs) {
      const [oldestKey, oldest] = this.#pairs.entries().next().value as [string, Pair];
      if (oldest.skewNs !== 0) this.#skewed--;
      this.#pairs.delete(oldestKey);
    }
    this.#pairs.set(key, pair);
  }

  #lowerQuartile({ samples, count }: Pair): number {
    const sorted = this.#sorted.subarray(0, Math.min(count, windowSize));
    sorted.set(samples.subarray(0, sorted.length));
    sorted.sort();
    return sorted[sorted.length >> 2] as number;
  }

  #set(pair: Pair, estimateNs: number): void {
    const skewNs = Math.abs(estimateNs) > this.#toleranceNs ? estimateNs : 0;
    if (skewNs !== 0 && pair.skewNs === 0) this.#skewed++;
    if (skewNs === 0 && pair.skewNs !== 0) this.#skewed--;
    pair.skewNs = skewNs;
    if (skewNs === pair.toldNs || (skewNs !== 0 && Math.abs(skewNs - pair.toldNs) < worthTelling)) return;
    pair.toldNs = skewNs;
    this.#onChange({ sensor: pair.sensor, server: pair.server, skewNs });
  }
}

/** Names may hold anything, so a separator alone would let two pairs look like one. */
const pairKey = (sensor: string, server: string): string => `${sensor.length} ${sensor} ${server}`;
