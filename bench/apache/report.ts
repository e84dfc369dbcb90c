import { median } from '../report/median.ts';
import { type Target, targetLines } from '../report/target.ts';
import type { LoadResult } from './load.ts';

type Measured = LoadResult & {
  /** CPU of Apache's processes per request. */
  readonly cpuMicroseconds: number;
};

/** What the receiver saw of the requests with the module. */
interface Delivery {
  readonly events: number;
  readonly lost: number;
  readonly dropped_by_sender: number;
  readonly refused: number;
}

/** One turn without and one with the module, directly after each other. */
export interface Round extends Delivery {
  readonly load: string;
  readonly without: Measured;
  readonly with: Measured;
}

export interface Report {
  readonly benchmark: 'apache';
  readonly machine: string;
  /** Runnable threads on the machine, averaged over the last minute. */
  readonly load: number;
  readonly apache: string;
  /** Without Debian's other modules and access log. */
  readonly bare: boolean;
  readonly max_dgram_qlen: number;
  readonly commands: readonly string[];
  readonly results: {
    readonly rounds: readonly Round[];
    readonly paced: Delivery & { readonly load: string; readonly with: Measured };
  };
  readonly targets: readonly Target[];
}

/** "least / median / most" */
const spread = (values: readonly number[], digits: number) =>
  [Math.min(...values), median(values), Math.max(...values)]
    .map((value) => value.toFixed(digits))
    .join(' / ');

export function print(report: Report): void {
  const { rounds, paced } = report.results;
  const lines = [
    `${report.machine}, load ${report.load.toFixed(1)}`,
    `${report.apache}, ${report.bare ? 'bare' : 'as Debian installs it'}; net.unix.max_dgram_qlen is ${report.max_dgram_qlen}`,
    'least / median / most of the rounds',
  ];
  for (const load of new Set(rounds.map((round) => round.load))) {
    const own = rounds.filter((round) => round.load === load);
    const row = (name: string, of: (one: Measured) => number, digits: number) => {
      const without = spread(
        own.map((round) => of(round.without)),
        digits,
      );
      const with_ = spread(
        own.map((round) => of(round.with)),
        digits,
      );
      const ratio = spread(
        own.map((round) => of(round.with) / of(round.without)),
        3,
      );
      return `  ${name.padEnd(20)}${without.padStart(26)}${with_.padStart(26)}${ratio.padStart(24)}`;
    };
    const total = (of: (round: Round) => number) => own.reduce((sum, round) => sum + of(round), 0);
    lines.push(
      '',
      `${load}, ${own.length} rounds`.padEnd(22) +
        'without'.padStart(26) +
        'with'.padStart(26) +
        'ratio'.padStart(24),
      row('requests/s', (one) => one.requestsPerSecond, 0),
      row('p99, ms', (one) => one.p99Ms, 2),
      row('CPU µs/request', (one) => one.cpuMicroseconds, 2),
      `  events ${total((round) => round.events)}, lost ${total((round) => round.lost)} (dropped by the sender ${total((round) => round.dropped_by_sender)}), refused ${total((round) => round.refused)}, failed requests ${total((round) => round.with.failed + round.without.failed)}`,
    );
  }
  lines.push(
    '',
    paced.load,
    `  ${Math.round(paced.with.requestsPerSecond)} requests/s, p99 ${paced.with.p99Ms.toFixed(2)} ms, ${paced.with.cpuMicroseconds.toFixed(2)} µs CPU/request`,
    `  events ${paced.events}, lost ${paced.lost} (dropped by the sender ${paced.dropped_by_sender}), refused ${paced.refused}`,
    '',
    ...report.commands,
    '',
    ...targetLines(report.targets),
  );
  process.stdout.write(`${lines.join('\n')}\n`);
}
