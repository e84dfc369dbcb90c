import { absolute, clock, relative } from '../format/time.ts';
import { type HtmlValue, html, type SafeHtml } from '../html.ts';
import { segment } from '../links.ts';
import type { Context } from '../request/context.ts';
import { canFilter } from '../request/parameters.ts';

/** A moment as people say it, with the exact time on hover. */
export function moment(iso: string, now: Date): SafeHtml {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime()) || time.getTime() === 0) return html`<span class="muted">never</span>`;
  return html`<time datetime="${time.toISOString()}" title="${absolute(time)}">${relative(time, now)}</time>`;
}

/** The time of day to the second, with the day when it is another; how long ago on hover. */
export function clockTime(iso: string, now: Date): SafeHtml {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return html`<span class="muted">–</span>`;
  const date = time.toISOString().slice(0, 10) !== now.toISOString().slice(0, 10);
  const told = `${absolute(time)}, ${relative(time, now)}`;
  return html`<time class="num" datetime="${time.toISOString()}" title="${told}">${clock(time, { date, seconds: true })}</time>`;
}

/**
 * A fingerprint in monospace, shortened in the middle because both ends tell stacks apart; whole on hover, when
 * copied by the button, and for screen readers.
 */
export function fingerprint(value: string, head = 14, tail = 6): SafeHtml {
  if (value === '') return html`<span class="muted">none</span>`;
  const short = value.length <= head + tail + 1 ? value : `${value.slice(0, head)}…${value.slice(-tail)}`;
  return html`<span class="mono" title="${value}">${short}</span>`;
}

/** The whole text, with a copy button where scripts run. */
export function copyable(value: string): SafeHtml {
  return html`<span class="mono whole" data-copy="${value}">${value}</span>`;
}

/** Text of any length in one line; whole on hover. */
export function oneLine(value: string, className = ''): SafeHtml {
  return html`<span class="one-line ${className}" title="${value}">${value}</span>`;
}

/** An address that leads to its page, or to one session of it. */
export function addressLink(context: Context, ip: string, session?: string): SafeHtml {
  return html`<a class="mono" href="${context.link(`/ip/${segment(ip)}`, { session })}">${ip}</a>`;
}

/** A JA4 has 36 characters; the router reads segments of up to 400. */
const longestFingerprint = 100;

export function ja4Link(context: Context, ja4: string): SafeHtml {
  if (ja4 === '') return html`<span class="muted" title="No TLS handshake was seen">no handshake</span>`;
  if (ja4.length > longestFingerprint || !canFilter(ja4)) return fingerprint(ja4);
  return html`<a class="quiet" href="${context.link(`/ja4/${segment(ja4)}`)}">${fingerprint(ja4)}</a>`;
}

/** A name, or a quiet dash where there is none. */
export function orDash(value: string): HtmlValue {
  return value === '' ? html`<span class="muted">–</span>` : value;
}
