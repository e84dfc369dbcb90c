import type { LayerView } from '../explain/layers.ts';
import { html, type SafeHtml } from '../html.ts';
import { card } from './layout.ts';
import { term } from './term.ts';

const fits = {
  agrees: { mark: '✓', words: 'fits what it says' },
  differs: { mark: '≠', words: 'contradicts what it says' },
  neutral: { mark: '·', words: 'says nothing for or against' },
  absent: { mark: '∅', words: 'not seen' },
} as const;

/** TCP → TLS → HTTP/2 → headers → behaviour, each with what it looks like by itself. */
export function layerRow(claim: string, layers: readonly LayerView[]): SafeHtml {
  return card(
    'Layers',
    html`<ol class="layers">${layers.map(
      ({ name, looksLike, detail, fit }) =>
        html`<li class="layer fit-${fit}"><span class="layer-name">${name}</span><strong>${looksLike}</strong><span class="layer-detail hint" title="${detail}">${detail}</span><span class="layer-fit"><span aria-hidden="true">${fits[fit].mark}</span> ${fits[fit].words}</span></li>`,
    )}</ol>`,
    {
      hint: html`What each layer looks like by itself, beside the claim: it ${claim}. See ${term('coherence', 'coherence')}.`,
    },
  );
}
