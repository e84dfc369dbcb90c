import { score } from '../format/number.ts';
import { html, type SafeHtml } from '../html.ts';
import { type LevelLook, lookOf } from '../levels.ts';

/** Outline of each level's mark in a box of 12 × 12: levels differ by shape as well as by colour. */
const shapes: Readonly<Record<string, SafeHtml>> = {
  CRITICAL: html`<path d="M6 .4 11.6 6 6 11.6 .4 6Z"/>`,
  HIGH: html`<path d="M6 .8 11.6 11H.4Z"/>`,
  MEDIUM: html`<path d="M1.2 1.2h9.6v9.6H1.2Z"/>`,
  LOW: html`<circle cx="6" cy="6" r="4"/>`,
  ANUBIS_DENY: html`<path fill-rule="evenodd" d="M6 .4a5.6 5.6 0 1 0 0 11.2A5.6 5.6 0 0 0 6 .4ZM2.6 4.9h6.8v2.2H2.6Z"/>`,
  KNOWN_BOT: html`<path d="M3.2 1h5.6l2.8 5-2.8 5H3.2L.4 6Z"/>`,
  LEGITIMATE_BROWSER: html`<path d="M4.6 10.8.6 6.8l1.7-1.7 2.3 2.3 5.1-5.7 1.8 1.6Z"/>`,
  NORMAL: html`<path fill-rule="evenodd" d="M6 1.6a4.4 4.4 0 1 0 0 8.8 4.4 4.4 0 0 0 0-8.8ZM6 3.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6Z"/>`,
};

/** The mark alone; the word must stand beside it or be its label. */
export function levelShape(level: string, label?: string): SafeHtml {
  const shape = shapes[level] ?? shapes.NORMAL;
  const look = lookOf(level);
  return label === undefined
    ? html`<svg class="shape ${look.className}" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">${shape}</svg>`
    : html`<svg class="shape ${look.className}" viewBox="0 0 12 12" width="12" height="12" role="img" aria-label="${label}">${shape}</svg>`;
}

/** Mark and word of a level. */
export function levelBadge(level: string): SafeHtml {
  const look: LevelLook = lookOf(level);
  return html`<span class="level ${look.className}" data-level="${level}" title="${look.meaning}">${levelShape(level)}${look.word}</span>`;
}

/** A score as a number and a short bar. */
export function scoreCell(value: number, level: string): SafeHtml {
  const share = Math.round(Math.min(1, Math.max(0, value)) * 100);
  return html`<span class="score"><svg class="score-bar ${lookOf(level).className}" width="40" height="6" aria-hidden="true"><rect class="track" width="40" height="6" rx="3"/><rect class="fill" width="${Math.max(1, (share * 40) / 100)}" height="6" rx="3"/></svg><span class="num">${score(value)}</span></span>`;
}
