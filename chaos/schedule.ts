/** What is done to the platform while events flow. */
export type Blow =
  /** SIGKILL, then a new start; `aimed`: in the middle of an insert; `early`: again while it starts. */
  | { kind: 'kill'; victim: 'correlator' | 'store'; aimed: boolean; early: boolean; restartMs: number }
  | { kind: 'kill'; victim: 'sender' }
  /** SIGTERM and a new start: an update. */
  | { kind: 'restart'; victim: 'correlator' | 'store' }
  /** SIGSTOP, later SIGCONT: a machine that swaps. */
  | { kind: 'freeze'; victim: 'correlator' | 'store'; ms: number }
  /** The store is killed and stays away. */
  | { kind: 'outage'; ms: number }
  /** The spool's disk is filled, and freed again. */
  | { kind: 'fill'; ms: number }
  /** The clock of the web servers or of the sensors jumps. */
  | { kind: 'jump'; clock: 'http' | 'network'; byMs: number };

export interface Step {
  /** Quiet time before it. */
  readonly pauseMs: number;
  readonly blow: Blow;
}

export interface ScheduleOptions {
  readonly kills: number;
  /** Mean quiet time between two blows. */
  readonly meanPauseMs: number;
  /** How long the store stays away in an outage, and the disk full. */
  readonly outageMs: number;
  readonly canFill: boolean;
}

const minute = 60_000;

/** A plan of blows with exactly so many kills, in random order; outages and full disks are spread over it. */
export function schedule(random: () => number, options: ScheduleOptions): Step[] {
  const { kills, meanPauseMs, outageMs, canFill } = options;
  const between = (least: number, most: number) => Math.round(least + random() * (most - least));
  const some = (perKill: number) => Math.max(1, Math.round(kills * perKill));
  const repeat = (count: number, make: () => Blow): Blow[] => Array.from({ length: count }, make);

  const kill = (victim: 'correlator' | 'store') => (): Blow => ({
    kind: 'kill',
    victim,
    aimed: random() < 0.6,
    early: random() < 0.15,
    restartMs: random() < 0.5 ? 0 : between(0, 1_500),
  });
  const ofCorrelator = Math.ceil(kills * 0.42);
  const ofStore = Math.ceil((kills - ofCorrelator) * 0.65);
  const blows = [
    ...repeat(ofCorrelator, kill('correlator')),
    ...repeat(ofStore, kill('store')),
    ...repeat(kills - ofCorrelator - ofStore, () => ({ kind: 'kill', victim: 'sender' })),
    ...repeat(some(0.03), () => ({ kind: 'restart', victim: 'correlator' })),
    ...repeat(some(0.02), () => ({ kind: 'restart', victim: 'store' })),
    ...repeat(some(0.03), () => ({ kind: 'freeze', victim: 'store', ms: between(500, 4_000) })),
    ...repeat(some(0.02), () => ({ kind: 'freeze', victim: 'correlator', ms: between(200, 2_000) })),
    ...repeat(some(0.01), () => ({ kind: 'outage', ms: outageMs })),
    ...repeat(canFill ? some(0.015) : 0, () => ({ kind: 'fill', ms: between(outageMs / 8, outageMs / 4) })),
    ...repeat(some(0.08), () => ({
      kind: 'jump',
      clock: random() < 0.5 ? 'http' : 'network',
      byMs: between(-10 * minute, 10 * minute),
    })),
  ];
  return shuffled(blows, random).map((blow) => ({
    // Exponential, as of things that happen independently, but never so long that nothing happens.
    pauseMs: Math.round(Math.min(4, -Math.log(1 - random())) * meanPauseMs),
    blow,
  }));
}

/** Fisher and Yates. */
function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const result = [...values];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}

/** The blow in a few words. */
export function blowText(blow: Blow): string {
  switch (blow.kind) {
    case 'kill':
      if (blow.victim === 'sender') return 'kill -9 sender';
      return `kill -9 ${blow.victim}${blow.aimed ? ' in an insert' : ''}${blow.early ? ', and while it starts' : ''}`;
    case 'restart':
      return `restart ${blow.victim}`;
    case 'freeze':
      return `freeze ${blow.victim} for ${blow.ms} ms`;
    case 'outage':
      return `no store for ${blow.ms} ms`;
    case 'fill':
      return `disk of the spool full for ${blow.ms} ms`;
    case 'jump':
      return `clock of the ${blow.clock} events jumps by ${Math.round(blow.byMs / 1000)} s`;
  }
}
