import { clock, day } from '../format/time.ts';

const steps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
  604_800, 1_209_600, 2_592_000,
];

/** Round moments between two times for an axis, at most `most` of them, named by clock or day. */
export function timeTicks(from: Date, to: Date, most = 8): { at: Date; label: string }[] {
  const seconds = (to.getTime() - from.getTime()) / 1000;
  const step = steps.find((candidate) => seconds / candidate <= most) ?? seconds / most;
  const ticks: { at: Date; label: string }[] = [];
  const first = Math.ceil(from.getTime() / 1000 / step) * step;
  for (let second = first; second * 1000 <= to.getTime(); second += step) {
    // The first and last few percent have no room for a label.
    const share = (second * 1000 - from.getTime()) / 1000 / seconds;
    const at = new Date(second * 1000);
    const midnight = second % 86_400 === 0;
    if (share >= 0.02 && share <= 0.97) {
      ticks.push({ at, label: midnight ? day(at) : clock(at, { seconds: step < 60 }) });
    }
  }
  return ticks;
}
