import type { FullVerdict } from '@ja4/store';
import { claimWords } from '../explain/headline.ts';
import { claimOf } from '../explain/user-agent.ts';
import { count, counted, score } from '../format/number.ts';
import { attributes, html, type SafeHtml } from '../html.ts';
import { segment } from '../links.ts';
import type { Context } from '../request/context.ts';
import { sessionId } from '../session-id.ts';
import { levelBadge } from './level.ts';
import { term } from './term.ts';
import { oneLine } from './values.ts';

/**
 * The sessions of an address, each a link to what it did, when there are several. An address can be many
 * people's: whoever blocks it must see whom else that would hit.
 */
export function sessionChoice(
  context: Context,
  ip: string,
  sessions: readonly FullVerdict[],
  present: FullVerdict,
): SafeHtml {
  if (sessions.length < 2) return html``;
  const stacks = new Set(sessions.map(({ tls_stack }) => tls_stack)).size;
  const hosts = new Set(sessions.map(({ host }) => host)).size;
  const what =
    stacks > 1
      ? html`${counted(stacks, 'client stack')} share this address: several people or programs behind it, or one that changes. Whatever is done to the address is done to all of them.`
      : html`One client stack on ${counted(hosts, 'host')}.`;
  const items = sessions.map(
    (session) =>
      html`<li><a href="${context.link(`/ip/${segment(ip)}`, { session: sessionId(session) })}"${attributes({ 'aria-current': session === present && 'true' })}>${levelBadge(session.threat_level)} <span class="num">${score(session.anomaly_score)}</span> ${oneLine(claimWords(claimOf(session.first_ua)))}${hosts > 1 && html` <span class="muted">on ${session.host}</span>`} <span class="muted num">${count(session.hits)} req.</span></a></li>`,
  );
  return html`<nav class="sessions" aria-label="Sessions of this address"><p>${what} This page is about one ${term('session', 'session')}:</p><ul>${items}</ul></nav>`;
}
