/** A promise, and whether this run kept it. */
export interface Target {
  readonly name: string;
  readonly value: number;
  readonly target: number;
  readonly ok: boolean;
}

export const atMost = (name: string, value: number, target: number): Target => ({
  ...{ name, value, target },
  ok: value <= target,
});

export const atLeast = (name: string, value: number, target: number): Target => ({
  ...{ name, value, target },
  ok: value >= target,
});

/** A line for each, for people. */
export function targetLines(targets: readonly Target[]): string[] {
  const short = (value: number) => String(Number(value.toFixed(4)));
  return targets.map(
    ({ name, value, target, ok }) =>
      `${ok ? 'met   ' : 'missed'} ${name}: ${short(value)} (target ${short(target)})`,
  );
}
