import { html, type SafeHtml } from '../html.ts';

export interface BandInput {
  readonly value: number;
  /** p5 and p95 of people here. */
  readonly low: number;
  readonly high: number;
  /** Possible values; an infinite end is taken from the data. */
  readonly range: readonly [number, number];
  /** What is drawn, for readers. */
  readonly label: string;
}

/** Where a value lies between the ends of its scale, in percent. */
function placeOn(value: number, from: number, to: number): number {
  if (!(to > from)) return 50;
  return Math.min(100, Math.max(0, ((value - from) / (to - from)) * 100));
}

/** A line with the band of people on it and a mark where this visitor is. */
export function band({ value, low, high, range, label }: BandInput): SafeHtml {
  const least = Math.min(value, low);
  const greatest = Math.max(value, high);
  const bounded = Number.isFinite(range[1]) && range[1] - range[0] <= 1;
  const from = bounded ? range[0] : Math.min(least, Math.max(range[0], least - (greatest - least) * 0.1));
  const to = bounded ? range[1] : greatest + (greatest - least) * 0.06;
  // The ends keep the mark, 6 pixels wide, inside the picture.
  const at = (point: number) => 2 + placeOn(point, from, to) * 0.96;
  const [left, right] = [at(low), at(high)];
  const outside = value < low || value > high;
  return html`<svg class="band" width="100%" height="18" role="img" aria-label="${label}"><title>${label}</title><line class="scale" x1="2%" x2="98%" y1="9" y2="9"/><rect class="people" x="${left.toFixed(2)}%" width="${Math.max(1.5, right - left).toFixed(2)}%" y="5" height="8" rx="2"/><svg x="${at(value).toFixed(2)}%" y="9" overflow="visible"><path class="${outside ? 'mark outside' : 'mark'}" d="M0 -7 5 0 0 7 -5 0Z"/></svg></svg>`;
}
