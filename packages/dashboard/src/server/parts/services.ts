import { html, type SafeHtml } from '../html.ts';
import type { ServiceState } from '../load/pipeline.ts';
import type { Context } from '../request/context.ts';

/** A service that reported within this time runs; they report every ten seconds. */
const aliveMs = 35_000;

function isAlive(context: Context, service: ServiceState): boolean {
  return context.now.getTime() - Date.parse(service.lastReport) < aliveMs;
}

/** Whether a service runs, by mark and word. */
export function serviceMark(context: Context, service: ServiceState): SafeHtml {
  return isAlive(context, service)
    ? html`<span class="good"><span aria-hidden="true">●</span> running</span>`
    : html`<span class="muted"><span aria-hidden="true">○</span> silent</span>`;
}

/** All services in one line. */
export function serviceMarks(context: Context, services: readonly ServiceState[]): SafeHtml {
  if (services.length === 0) return html``;
  return html`<ul class="services">${services.map((service) => html`<li>${service.service} ${serviceMark(context, service)}</li>`)}</ul>`;
}
