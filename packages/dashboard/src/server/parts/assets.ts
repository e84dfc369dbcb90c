import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { html, type SafeHtml } from '../html.ts';

const folder = new URL('../../browser/', import.meta.url);

/** Address of a file of the browser folder; changes with its content, so that nobody keeps an old one. */
function asset(name: string): string {
  const digest = createHash('sha256')
    .update(readFileSync(new URL(name, folder)))
    .digest('hex');
  return `/static/${name}?v=${digest.slice(0, 10)}`;
}

const styles = ['theme', 'base', 'frame', 'card', 'chart', 'table', 'overview', 'visitor'].map((name) =>
  asset(`styles/${name}.css`),
);
const script = asset('dashboard.js');
const icon = asset('icon.svg');

export function assetLinks(): SafeHtml {
  return html`${styles.map(
    (style) => html`<link rel="stylesheet" href="${style}">
`,
  )}<link rel="icon" type="image/svg+xml" href="${icon}">
<script src="${script}" defer></script>`;
}
