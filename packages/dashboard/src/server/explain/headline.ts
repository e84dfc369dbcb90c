import { byName } from '@ja4/features';
import type { FullVerdict, Reason, VisitorIdentity } from '@ja4/store';
import { count, counted, measured, percent } from '../format/number.ts';
import { duration } from '../format/time.ts';
import { doings } from './doings.ts';
import { type LayerView, layersOf } from './layers.ts';
import { pagesASecond } from './pace.ts';
import { mainPhrases, side } from './phrases.ts';
import { type Claim, claimOf } from './user-agent.ts';

/** `says Chrome 150 on Windows`, `says curl 8.5`, `sends no User-Agent`. */
export function claimWords(claim: Claim): string {
  if (claim.kind === 'nothing') return 'sends no User-Agent';
  return `says ${claim.name}${claim.system === '' ? '' : ` on ${claim.system}`}`;
}

/** What a line about a verdict reads of it. */
export interface ShortVerdict {
  readonly threat_level: string;
  readonly reasons: readonly Reason[];
  readonly hits?: number | string;
  readonly bot_name?: string;
  /** Features by name, as many as are known. */
  readonly features?: Readonly<Record<string, number>>;
}

/** One line about a visitor for lists: what it says and, unless its level is calm, the two weightiest reasons. */
export function shortLine(userAgent: string, verdict: ShortVerdict): string {
  const claim = claimOf(userAgent);
  const reasons = whyWords(claim, verdict, new Set(), 2);
  if (reasons.length === 0 && !isCalm(verdict)) return claimWords(claim) + agreement(claim, []);
  return [claimWords(claim), ...reasons].join(', ');
}

/** Whether nobody asks why: the level is NORMAL, LOW or LEGITIMATE, or a list has named the robot. */
function isCalm(verdict: { threat_level: string } | undefined): boolean {
  return (
    verdict === undefined ||
    ['NORMAL', 'LOW', 'LEGITIMATE_BROWSER', 'KNOWN_BOT'].includes(verdict.threat_level)
  );
}

/** Reasons that only repeat what a sentence about contradicting layers has said. */
const toldByLayers: ReadonlySet<string> = new Set([
  'layer_disagreement',
  'axis_ja4_known',
  'axis_h2_coherence',
  'h2_settings_known',
  'h2_ja4_coherence',
  'fingerprint_coherence_score',
  'ua_tls_mismatch',
  'os_ttl_mismatch_ratio',
]);

/** Reasons that say which layer it is that does not fit. */
const namesALayer: ReadonlySet<string> = new Set([
  'axis_ja4_known',
  'axis_h2_coherence',
  'h2_settings_known',
  'h2_ja4_coherence',
  'ua_tls_mismatch',
  'ua_ch_mismatch',
]);

/** Reasons that only repeat what `doings` has said. */
const toldByDoings: ReadonlySet<string> = new Set([
  'post_ratio',
  'login_post_concentration',
  'not_found_ratio',
  'denied_ratio',
  'error_ratio',
  'fuzzing_index',
]);

/**
 * Behaviour that is a program's nature: it loads no parts of pages, comes from no page, opens connections anew.
 * Said of one that does not pretend to be a browser, it would make an accusation of a description.
 */
const natureOfPrograms: ReadonlySet<string> = new Set([
  'asset_ratio',
  'direct_access_ratio',
  'multiplexing_efficiency',
  'port_exhaustion_ratio',
  'max_keepalives',
  'pause_ratio',
  'url_depth_variance',
  'temporal_entropy',
]);

/**
 * Whether a reason says something of this visitor that its own claim does not already. What others do
 * (how often its stack is seen, and where) explains a score in the table, but is nothing it did.
 */
function isNews(claim: Claim, { feature }: Reason): boolean {
  const layer = byName.get(feature)?.layer;
  if (claim.kind === 'browser') return layer !== 'population';
  return layer === 'behaviour' && !natureOfPrograms.has(feature);
}

/** What it did, then the reasons, at most `most` in all; nothing for calm levels. */
function whyWords(
  claim: Claim,
  verdict: ShortVerdict | undefined,
  told: ReadonlySet<string>,
  most: number,
): string[] {
  if (verdict === undefined || isCalm(verdict)) return [];
  // "One client by one layer and another by the next" is the vaguer of the two where a layer is named.
  const named = verdict.reasons.some(
    (reason) => namesALayer.has(reason.feature) && side(reason) !== 'inside' && !told.has(reason.feature),
  );
  const did = doings(Number(verdict.hits ?? 0), verdict.features ?? {});
  const open = verdict.reasons.filter(
    (reason) =>
      !told.has(reason.feature) &&
      !(named && reason.feature === 'layer_disagreement') &&
      isNews(claim, reason) &&
      !(did.length > 0 && toldByDoings.has(reason.feature)),
  );
  return [...did, ...mainPhrases(open, most)].slice(0, most);
}

/** The sentence at the head of a visitor's page, after level and score. */
export function headline(identity: VisitorIdentity | undefined, verdict: FullVerdict | undefined): string {
  const claim = claimOf(identity?.user_agents[0] ?? verdict?.first_ua ?? '');
  const layers = identity ? layersOf(identity) : [];
  const contradiction = contradictionWords(layers);
  const agents = Number(identity?.user_agent_count ?? 1);
  const others = agents > 1 ? ` and ${counted(agents - 1, 'other User-Agent')}` : '';
  const listed = verdict?.bot_name ? ` and is on the list of known robots as ${verdict.bot_name}` : '';
  const parts = [claimWords(claim) + others + (contradiction || listed || agreement(claim, layers))];
  const told = new Set(contradiction === '' ? [] : toldByLayers);
  // The requests themselves are told with their counts at the end of the sentence.
  if (identity) for (const feature of [...toldByDoings, 'hits', 'hit_velocity']) told.add(feature);
  const reasons = whyWords(claim, identity && verdict ? { ...verdict, features: {} } : verdict, told, 2);
  parts.push(...reasons);
  if (identity) parts.push(activity(claim, identity));
  return `${parts.join('; ')}.`;
}

/** Layers of the wire, which are harder to imitate than headers. */
const wireOf = (layers: readonly LayerView[]) =>
  layers.filter(({ name }) => name === 'TCP' || name === 'TLS' || name === 'HTTP/2');

/** `, but its TLS looks like Go and its HTTP/2 like Go`, for a claim that the wire denies. */
function contradictionWords(layers: readonly LayerView[]): string {
  const against = wireOf(layers).filter(({ fit }) => fit === 'differs');
  const [first] = against;
  if (!first) return '';
  // A proxy or a relay has a TCP of its own, and a person behind it none that shows.
  if (against.length === 1 && first.name === 'TCP')
    return `, while its TCP looks like ${first.looksLike}, as behind a proxy or with a false name`;
  const which = against.map(
    ({ name, looksLike }, index) => `its ${name} ${index === 0 ? 'looks like' : 'like'} ${looksLike}`,
  );
  return `, but ${which.join(', ').replace(/, (?=[^,]*$)/, ' and ')}`;
}

/** `, and its TLS and HTTP/2 fit`, or that a program does not pretend to be anything else. */
function agreement(claim: Claim, layers: readonly LayerView[]): string {
  if (claim.kind === 'robot' || claim.kind === 'tool') return ', a program by its own account';
  if (claim.kind !== 'browser') return '';
  const names = wireOf(layers).flatMap(({ name, fit }) => (fit === 'agrees' ? [name] : []));
  if (names.length === 0) return '';
  return `, and its ${names.join(', ').replace(/, (?=[^,]*$)/, ' and ')} ${names.length === 1 ? 'fits' : 'fit'}`;
}

/** Longest path that is told whole in a sentence, characters. */
const longestPath = 48;

function activity(claim: Claim, identity: VisitorIdentity): string {
  const requests = Number(identity.requests);
  const seconds = (Date.parse(identity.last_time) - Date.parse(identity.first_time)) / 1000;
  const within = requests > 1 ? ` in ${duration(Math.max(1, seconds))}` : '';
  const onePath = identity.paths === '1' && identity.main_path.length <= longestPath;
  const asked = onePath
    ? `asked for ${identity.main_path} ${requests === 1 ? 'once' : `${count(identity.requests)} times`}`
    : `asked ${counted(identity.paths, 'path')} with ${counted(identity.requests, 'request')}`;
  return [asked + within, ...activityDetails(claim, identity, requests, onePath)].join(', ');
}

function activityDetails(
  claim: Claim,
  identity: VisitorIdentity,
  requests: number,
  onePath: boolean,
): string[] {
  const share = (some: string) => Number(some) / Math.max(1, requests);
  const details: string[] = [];
  const onePost = identity.post_paths === '1' && identity.main_post_path.length <= longestPath;
  if (Number(identity.posts) >= 10 && share(identity.posts) > 0.2)
    details.push(
      `${count(identity.posts)} of them POST${onePost && !onePath ? ` to ${identity.main_post_path}` : ''}`,
    );
  const pace = claim.kind === 'browser' ? pagesASecond(identity) : undefined;
  if (pace !== undefined) details.push(`${measured(pace)} pages a second`);
  if (share(identity.not_found) > 0.1) details.push(`${percent(share(identity.not_found))} of them 404`);
  else if (share(identity.refused) > 0.1) details.push(`${percent(share(identity.refused))} of them refused`);
  return details;
}
