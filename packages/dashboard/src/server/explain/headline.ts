import type { FullVerdict, Reason, VisitorIdentity } from '@ja4/store';
import { counted, percent } from '../format/number.ts';
import { duration } from '../format/time.ts';
import { type LayerView, layersOf } from './layers.ts';
import { mainPhrases } from './phrases.ts';
import { type Claim, claimOf } from './user-agent.ts';

/** `says Chrome 150 on Windows`, `says curl 8.5`, `sends no User-Agent`. */
export function claimWords(claim: Claim): string {
  if (claim.kind === 'nothing') return 'sends no User-Agent';
  return `says ${claim.name}${claim.system === '' ? '' : ` on ${claim.system}`}`;
}

/** One line about a visitor for lists: what it says and, unless its level is calm, the two weightiest reasons. */
export function shortLine(
  userAgent: string,
  verdict: { threat_level: string; reasons: readonly Reason[] },
): string {
  const reasons = isCalm(verdict) ? [] : mainPhrases(verdict.reasons, 2);
  return [claimWords(claimOf(userAgent)), ...reasons].join(', ');
}

/** Whether nobody asks why: the level is NORMAL, LOW or LEGITIMATE. */
function isCalm(verdict: { threat_level: string } | undefined): boolean {
  return verdict !== undefined && ['NORMAL', 'LOW', 'LEGITIMATE_BROWSER'].includes(verdict.threat_level);
}

/** Reasons that only repeat what a sentence about contradicting layers has said. */
const toldByLayers: ReadonlySet<string> = new Set([
  'layer_disagreement',
  'axis_ja4_known',
  'is_known_browser',
  'fingerprint_coherence_score',
  'ua_tls_mismatch',
  'os_ttl_mismatch_ratio',
]);
const nothingTold: ReadonlySet<string> = new Set();

/** The sentence at the head of a visitor's page, after level and score. */
export function headline(identity: VisitorIdentity | undefined, verdict: FullVerdict | undefined): string {
  const claim = claimOf(identity?.user_agents[0] ?? verdict?.first_ua ?? '');
  const layers = identity ? layersOf(identity) : [];
  const parts = [claimWords(claim) + contradiction(claim, layers)];
  const doings = identity ? [activity(identity)] : [];
  const told = parts[0]?.includes(', but ') ? toldByLayers : nothingTold;
  const open = (verdict?.reasons ?? []).filter(({ feature }) => !told.has(feature));
  const reasons = mainPhrases(open, isCalm(verdict) ? 0 : 2);
  if (verdict?.bot_name) parts.push(`known as ${verdict.bot_name}`);
  return `${[...parts, ...reasons, ...doings].join('; ')}.`;
}

/** `, but its TLS looks like Go and its HTTP/2 like Go`, for a browser that the wire denies. */
function contradiction(claim: Claim, layers: readonly LayerView[]): string {
  if (claim.kind !== 'browser') return '';
  const wire = layers.filter(({ name }) => name === 'TCP' || name === 'TLS' || name === 'HTTP/2');
  const against = wire.filter(({ fit }) => fit === 'differs');
  if (against.length > 0) {
    const which = against.map(
      ({ name, looksLike }, index) => `its ${name} ${index === 0 ? 'looks like' : 'like'} ${looksLike}`,
    );
    return `, but ${which.join(', ').replace(/, (?=[^,]*$)/, ' and ')}`;
  }
  return wire.some(({ fit }) => fit === 'agrees') ? ', and the wire agrees' : '';
}

function activity(identity: VisitorIdentity): string {
  const requests = Number(identity.requests);
  const seconds = (Date.parse(identity.last_time) - Date.parse(identity.first_time)) / 1000;
  const paths = counted(identity.paths, 'path');
  const within = requests > 1 ? ` in ${duration(Math.max(1, seconds))}` : '';
  const asked = `asked ${paths} with ${counted(identity.requests, 'request')}${within}`;
  const missing = Number(identity.not_found) / Math.max(1, requests);
  const refused = Number(identity.refused) / Math.max(1, requests);
  if (missing > 0.1) return `${asked}, ${percent(missing)} of them 404`;
  return refused > 0.1 ? `${asked}, ${percent(refused)} of them refused` : asked;
}
