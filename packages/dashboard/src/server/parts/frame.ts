import { absolute, clock } from '../format/time.ts';
import { attributes, html, type SafeHtml } from '../html.ts';
import type { Context } from '../request/context.ts';
import { presets } from '../request/time-range.ts';
import type { Page } from '../routes.ts';
import { assetLinks } from './assets.ts';

const sections = [
  { path: '/', label: 'Overview' },
  { path: '/detections', label: 'Detections' },
  { path: '/scores', label: 'Visitors' },
  { path: '/traffic', label: 'Requests' },
  { path: '/pipeline', label: 'Pipeline' },
  { path: '/help', label: 'Help' },
] as const;

/** The document around a page: header with navigation, search, dataset and time range. */
export function frame(context: Context, { title, body }: Page): SafeHtml {
  return document(title, html`${header(context)}<main id="main">${body}</main>`);
}

/** A bare document: what problem pages use when not even the header can be made. */
export function document(title: string, content: SafeHtml): SafeHtml {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · ja4</title>
${assetLinks()}
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
${content}
</body>
</html>
`;
}

/** Name of the product with its mark: three layers, one of them out of line. */
export function brand(href: string): SafeHtml {
  return html`<a class="brand" href="${href}"><svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true"><path class="brand-line" d="M2 5h12M2 10h12M2 15h12"/><path class="brand-odd" d="M8 10h10"/></svg>ja4</a>`;
}

function header(context: Context): SafeHtml {
  const { path } = context;
  return html`<header class="top">
<div class="top-row">
${brand(context.link('/'))}
<nav class="pages" aria-label="Pages">${sections.map(
    (section) =>
      html`<a href="${context.link(section.path)}"${attributes({ 'aria-current': section.path === path && 'page' })}>${section.label}</a>`,
  )}</nav>
<form class="find" action="/search" role="search">${keptFields(context)}<input type="search" name="q" aria-label="Search" placeholder="Search ip, ja4, asn, host, path" autocomplete="off" spellcheck="false" maxlength="256" data-key="/"></form>
${datasetChoice(context)}
${rangeChoice(context)}
<a class="live" href="${context.here({ live: context.live ? undefined : '1' })}"${attributes({ 'aria-pressed': context.live ? 'true' : 'false', role: 'button', title: context.live ? 'Loads again every 10 s; click to stop' : 'Load again every 10 s' })}><span class="live-mark" aria-hidden="true"></span>live</a>
</div>
</header>`;
}

/** Hidden fields with which a form keeps dataset and time range. */
export function keptFields(context: Context): SafeHtml {
  const kept = ['data', 'from', 'to'].flatMap((name) => {
    const value = context.query[name];
    return typeof value === 'string' && value !== ''
      ? [html`<input type="hidden" name="${name}" value="${value}">`]
      : [];
  });
  return html`${kept}`;
}

function datasetChoice(context: Context): SafeHtml {
  if (context.datasets.length < 2) {
    return html`<span class="dataset-one" title="Dataset">${context.dataset.label}</span>`;
  }
  const [first] = context.datasets;
  return html`<div class="segments" role="group" aria-label="Dataset">${context.datasets.map(
    (dataset) =>
      html`<a href="${context.here({ data: dataset === first ? undefined : dataset.name })}"${attributes({ 'aria-current': dataset === context.dataset && 'true' })}>${dataset.label}</a>`,
  )}</div>`;
}

/** The range as part of a sentence: `in the last 24 h`, `between 1 Nov 00:00 and 2 Nov 00:00 UTC`. */
export function withinRange(context: Context): string {
  const { from, to } = context.range;
  const words = rangeWords(context);
  if (words.startsWith('last ')) return `in the ${words}`;
  return `between ${clock(from, { date: true })} and ${clock(to, { date: true })} UTC`;
}

/** The range in words: a preset's name, or both ends. */
function rangeWords(context: Context): string {
  const { fromText, toText, from, to } = context.range;
  const preset = presets.find((choice) => choice.from === fromText);
  if (preset && toText === 'now') return preset.label;
  if (toText === 'now' && fromText.startsWith('now-')) return `last ${fromText.slice(4)}`;
  return `${clock(from, { date: true })} – ${clock(to, { date: true })} UTC`;
}

function rangeChoice(context: Context): SafeHtml {
  const { fromText, toText, from, to } = context.range;
  return html`<details class="menu range"><summary title="${`${absolute(from)} – ${absolute(to)}`}">${rangeWords(context)}</summary>
<div class="menu-panel">
<ul>${presets.map(
    (preset) =>
      html`<li><a href="${context.here({ from: preset.from, to: undefined })}"${attributes({ 'aria-current': preset.from === fromText && toText === 'now' && 'true' })}>${preset.label}</a></li>`,
  )}</ul>
<form action="${context.path}">
${Object.entries(context.query).flatMap(([name, value]) =>
  ['from', 'to', 'cursor'].includes(name)
    ? []
    : [value ?? []].flat().map((item) => html`<input type="hidden" name="${name}" value="${item}">`),
)}
<label>From <input name="from" value="${fromText}" size="20" spellcheck="false"></label>
<label>To <input name="to" value="${toText}" size="20" spellcheck="false"></label>
<p class="hint">ISO 8601 in UTC, or now-6h</p>
<button>Show</button>
</form></div></details>`;
}
