import { html, type SafeHtml } from '../html.ts';

/** What a class of status codes means, and its CSS class. */
export const statusClasses = [
  { digit: 2, word: 'answered', className: 'status-ok' },
  { digit: 3, word: 'redirected', className: 'status-moved' },
  { digit: 4, word: 'refused or not found', className: 'status-refused' },
  { digit: 5, word: 'failed', className: 'status-failed' },
  { digit: 0, word: 'unknown', className: 'status-unknown' },
] as const;

export function statusClass(digit: number): (typeof statusClasses)[number] {
  return statusClasses.find((candidate) => candidate.digit === digit) ?? statusClasses[4];
}

/** A status code with its class as colour and on hover. */
export function statusMark(status: number): SafeHtml {
  const { word, className } = statusClass(Math.floor(status / 100));
  return html`<span class="status ${className} num" title="${word}">${status === 0 ? '–' : String(status)}</span>`;
}
