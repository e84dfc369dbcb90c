import { features } from '@ja4/features';
import { html } from '../html.ts';
import { levelLooks } from '../levels.ts';
import { card, lead } from '../parts/layout.ts';
import { levelBadge } from '../parts/level.ts';
import { page } from '../routes.ts';
import { terms } from '../terms.ts';

const layerNames: Readonly<Record<string, string>> = {
  tcp: 'TCP',
  tls: 'TLS',
  http2: 'HTTP/2',
  headers: 'Headers',
  behaviour: 'Behaviour',
  population: 'Beside the others',
  coherence: 'All layers together',
};

/** `/help`: every word and every feature in one sentence. */
export const helpPage = page({
  path: '/help',
  shape: {},
  render: () => {
    const byLayer = [...Map.groupBy(features, (feature) => feature.layer)];
    const body = html`${lead('What the words on these pages mean.', 'Each is one sentence; the same sentences show when the pointer rests on a word with a dotted line.')}
<div class="grid two">
${card('Words', html`<dl class="glossary">${Object.entries(terms).map(([name, { name: words, sentence }]) => html`<div id="${name}"><dt>${words}</dt><dd>${sentence}</dd></div>`)}</dl>`)}
<div>
${card('Levels', html`<dl class="glossary">${levelLooks.map(({ level, meaning }) => html`<div><dt>${levelBadge(level)}</dt><dd>${meaning}</dd></div>`)}</dl>`)}
${card('Keys', html`<dl class="glossary keys"><div><dt><kbd>/</kbd></dt><dd>search</dd></div><div><dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>next and previous row</dd></div><div><dt><kbd>Enter</kbd></dt><dd>open the row</dd></div><div><dt><kbd>r</kbd></dt><dd>load again</dd></div><div><dt><kbd>Esc</kbd></dt><dd>close, let go of the row</dd></div></dl>`)}
${card('Numbers for programs', html`<p>Everything shown here is also JSON below <code>/api</code>; <a href="/api/openapi.json">its description</a> lists the routes and their parameters.</p>`)}
</div></div>
${card(
  `The ${features.length} features`,
  byLayer.map(
    ([layer, ofLayer]) =>
      html`<h3>${layerNames[layer] ?? layer}</h3><dl class="glossary features">${ofLayer.map(({ name, label, meaning }) => html`<div id="feature-${name}"><dt>${label} <code>${name}</code></dt><dd>${meaning}</dd></div>`)}</dl>`,
  ),
  { hint: 'What the detector measures of every session, from the wire up.' },
)}`;
    return { title: 'Help', body };
  },
});
