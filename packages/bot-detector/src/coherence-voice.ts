import { type Axis, axes, axisWeights, type BrowserVerdict } from './browser/axes.ts';

/** What the coherence voice adds up: what each axis lacks, by its weight, and how far the layers disagree. */
export const coherenceParts = [...axes, 'layer_disagreement'] as const;
export type CoherencePart = (typeof coherenceParts)[number];

/** Full disagreement of two layers weighs as much as half of the axes together. */
const disagreementWeight = 0.5;

/** The value a part is shown with: the axis itself, or the disagreement. */
export function partValue(browser: BrowserVerdict, part: CoherencePart): number {
  return part === 'layer_disagreement' ? browser.engines.disagreement : browser.axes[part as Axis];
}

/** What a part adds to the incoherence: 0 for a perfect browser. */
export function partIncoherence(part: CoherencePart, value: number): number {
  return part === 'layer_disagreement' ? disagreementWeight * value : axisWeights[part as Axis] * (1 - value);
}

/** `1 − browser_confidence` and half of the disagreement, in [0, 1.5]. */
export function incoherence(browser: BrowserVerdict): number {
  return coherenceParts.reduce((sum, part) => sum + partIncoherence(part, partValue(browser, part)), 0);
}
