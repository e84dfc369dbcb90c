import { axes, axisWeights, type BrowserVerdict } from './browser/axes.ts';
import type { JudgedSession } from './session.ts';

/** How much the detector knows about the site's people; see README, "Cold start". */
export type Mode = 'learning' | 'trimmed' | 'full';

export interface Baseline {
  readonly mode: Mode;
  readonly members: readonly JudgedSession[];
  readonly excluded: readonly { readonly judged: JudgedSession; readonly why: ExclusionReason }[];
}

/** Why a session does not teach the detector what people do. */
type ExclusionReason = 'known_bot' | 'incoherent' | 'not_a_human_network';

/** Sessions of human networks from which the baseline is `full`. */
const fullBaseline = 500;
/** Sessions from which a `trimmed` baseline is learned from; with fewer the detector is still `learning`. */
const trimmedBaseline = 60;
/** Without labels a session must look more like a browser than not: 0.5 is what says nothing either way. */
const trimmedCoherence = 0.5;

const humanLabels: ReadonlySet<string> = new Set(['human', 'isp']);

/**
 * `fingerprint_coherence_score`: the five axes that are about layers and not about behaviour, by their
 * weights, times how far the layers agree. 0.5 = nothing is known.
 */
export function coherenceOf(browser: BrowserVerdict): number {
  let sum = 0;
  let weight = 0;
  for (const axis of axes)
    if (axis !== 'axis_nav_behavior') {
      sum += axisWeights[axis] * browser.axes[axis];
      weight += axisWeights[axis];
    }
  return (sum / weight) * (1 - browser.engines.disagreement);
}

/**
 * The sessions a model may learn from. Rule hits are never among them, and nothing is chosen by a score that
 * the detector itself gave: only by rules, the network's label and the coherence of the layers.
 */
export function chooseBaseline(sessions: readonly JudgedSession[], coherenceThreshold: number): Baseline {
  const human = sessions.filter((judged) => humanLabels.has(judged.session.asn.label));
  const enough = human.filter((judged) => admits(judged, coherenceThreshold) === undefined).length;
  const mode = enough >= fullBaseline ? 'full' : 'trimmed';
  const threshold = mode === 'full' ? coherenceThreshold : Math.max(coherenceThreshold, trimmedCoherence);
  const members: JudgedSession[] = [];
  const excluded: { judged: JudgedSession; why: ExclusionReason }[] = [];
  for (const judged of sessions) {
    const why =
      admits(judged, threshold) ??
      (mode === 'full' && !humanLabels.has(judged.session.asn.label) ? 'not_a_human_network' : undefined);
    if (why) excluded.push({ judged, why });
    else members.push(judged);
  }
  return { mode: members.length >= trimmedBaseline ? mode : 'learning', members, excluded };
}

function admits(judged: JudgedSession, coherenceThreshold: number): ExclusionReason | undefined {
  if (judged.session.botName !== '') return 'known_bot';
  return coherenceOf(judged.browser) < coherenceThreshold ? 'incoherent' : undefined;
}
