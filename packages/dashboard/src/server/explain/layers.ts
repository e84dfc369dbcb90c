import type { VisitorIdentity } from '@ja4/store';
import { count, counted, percent } from '../format/number.ts';
import { pagesASecond } from './pace.ts';
import { type Claim, claimOf, type Engine, engineOf } from './user-agent.ts';

/** One layer of a visitor: what it looks like by itself, and whether that fits what the visitor says. */
export interface LayerView {
  readonly name: 'TCP' | 'TLS' | 'HTTP/2' | 'Headers' | 'Behaviour';
  readonly looksLike: string;
  /** The facts it is read from. */
  readonly detail: string;
  readonly fit: 'agrees' | 'differs' | 'neutral' | 'absent';
}

/** The five layers from the wire up, read against the claim of the User-Agent. */
export function layersOf(identity: VisitorIdentity): LayerView[] {
  const claim = claimOf(identity.user_agents[0] ?? '');
  return [
    tcp(identity, claim),
    tls(identity, claim),
    http2(identity, claim),
    headers(identity, claim),
    behaviour(identity, claim),
  ];
}

function tcp(identity: VisitorIdentity, claim: Claim): LayerView {
  const name = 'TCP';
  if (Number(identity.behind_proxy) > 0) {
    return {
      name,
      looksLike: 'not visible',
      detail: 'behind a proxy, whose layers these would be',
      fit: 'absent',
    };
  }
  if (Number(identity.with_syn) === 0) {
    return { name, looksLike: 'not seen', detail: 'no SYN was captured', fit: 'absent' };
  }
  const system = systemOf(identity.main_ttl, identity.main_tcp_options);
  const detail = `TTL ${identity.main_ttl}, window ${count(identity.main_window)}, MSS ${count(identity.main_mss)}, ${identity.main_tcp_options || 'no options'}`;
  if (system === undefined) return { name, looksLike: 'no system we know', detail, fit: 'neutral' };
  const fit = claim.system === '' ? 'neutral' : system.includes(claim.system) ? 'agrees' : 'differs';
  return { name, looksLike: system[0] === 'Linux' ? 'Linux or Android' : system.join(' or '), detail, fit };
}

/**
 * Systems whose SYN has this time to live and these options. Start values of the TTL are 64 (Unix) and 128
 * (Windows); only Linux orders its options MSS, SACK, TS, NOP, WS. Source: p0f 3 signatures, p0f.fp.
 */
function systemOf(ttl: number, options: string): string[] | undefined {
  if (ttl > 64 && ttl <= 128) return ['Windows'];
  if (ttl <= 0 || ttl > 64) return undefined;
  if (/^MSS,SACK(?:OK)?,TS,NOP,WS/.test(options)) return ['Linux', 'Android', 'ChromeOS'];
  if (/^MSS,NOP,WS,NOP,NOP,TS,SACK/.test(options)) return ['macOS', 'iOS'];
  return ['Linux', 'Android', 'ChromeOS', 'macOS', 'iOS'];
}

function tls(identity: VisitorIdentity, claim: Claim): LayerView {
  const name = 'TLS';
  if (Number(identity.joined) === 0) {
    return {
      name,
      looksLike: 'not seen',
      detail: 'no handshake was captured for its requests',
      fit: 'absent',
    };
  }
  const offered = `TLS ${identity.main_tls_version}, ALPN ${identity.main_alpn || 'none'}`;
  const stacks = Number(identity.tls_stack_count);
  const detail = stacks > 1 ? `${offered}; ${stacks} client stacks` : offered;
  if (identity.tls_family !== '') {
    return {
      name,
      looksLike: spaced(identity.tls_family),
      detail,
      fit: against(claim, engineOf(identity.tls_family)),
    };
  }
  const library = identity.main_tls_library;
  const fit = claim.kind === 'browser' ? 'differs' : 'neutral';
  if (library !== '') return { name, looksLike: spaced(library), detail, fit };
  return { name, looksLike: 'no stack we know', detail, fit: 'neutral' };
}

/** Tools whose order of pseudo-headers no browser has, as measured. */
const toolOrders: Readonly<Record<string, string>> = {
  'm,p,s,a': 'curl or nghttp2',
  'a,m,p,s': 'Go or Java',
};

const browserOrders: Readonly<Record<string, Engine>> = {
  'm,a,s,p': 'Blink',
  'm,p,a,s': 'Gecko',
  'm,s,p,a': 'WebKit',
};

function http2(identity: VisitorIdentity, claim: Claim): LayerView {
  const name = 'HTTP/2';
  const print = identity.h2_fingerprints[0];
  if (print === undefined) {
    const spoken = identity.http_versions.filter((version) => version !== '').join(', ');
    const fit = claim.kind === 'browser' && spoken.startsWith('HTTP/1') ? 'neutral' : 'absent';
    return {
      name,
      looksLike: spoken === '' ? 'not seen' : `speaks ${spoken}`,
      detail: 'no HTTP/2 preface was seen',
      fit,
    };
  }
  const order = identity.main_h2_order || (print.split('|')[3] ?? '');
  if (identity.h2_family !== '') {
    const family = identity.h2_family;
    const engine = engineOf(family);
    const fit = engine || claim.kind !== 'browser' ? against(claim, engine) : 'differs';
    return { name, looksLike: spaced(family), detail: print, fit };
  }
  const tool = toolOrders[order];
  if (tool)
    return { name, looksLike: tool, detail: print, fit: claim.kind === 'browser' ? 'differs' : 'neutral' };
  const engine = browserOrders[order];
  if (engine)
    return {
      name,
      looksLike: `${engine}’s order, settings unknown`,
      detail: print,
      fit: claim.engine && claim.engine !== engine ? 'differs' : 'neutral',
    };
  // Unknown is not wrong: lists age within weeks.
  return { name, looksLike: 'no client we know', detail: print, fit: 'neutral' };
}

/**
 * Whether the browser that is claimed sends Sec-Fetch over TLS: Blink since 80, Gecko since 90, Safari since
 * 16.4. Source: MDN browser compatibility data, http.headers.Sec-Fetch-Site.
 */
function sendsSecFetch({ kind, engine, name }: Claim): boolean {
  if (kind !== 'browser') return false;
  const version = Number(/ (\d+)$/.exec(name)?.[1]);
  if (engine === 'Blink') return version >= 80;
  if (engine === 'Gecko') return version >= 90;
  return engine === 'WebKit' && name.startsWith('Safari ') && version >= 17;
}

function headers(identity: VisitorIdentity, claim: Claim): LayerView {
  const name = 'Headers';
  const requests = Number(identity.requests);
  const share = (some: string) => Number(some) / Math.max(1, requests);
  const parts = [
    Number(identity.with_client_hints) > 0 && 'client hints',
    share(identity.with_sec_fetch) > 0.5 && 'Sec-Fetch',
    share(identity.with_language) > 0.5 && 'a language',
  ].filter((part) => part !== false);
  const detail =
    parts.length > 0 ? `sends ${parts.join(', ')}` : 'sends no client hints, no Sec-Fetch, no language';
  if (Number(identity.with_client_hints) > 0) {
    const hinted = identity.main_hint_platform.replaceAll('"', '');
    const wrongSystem = hinted !== '' && claim.system !== '' && !sameSystem(hinted, claim.system);
    const other = wrongSystem || (claim.engine && claim.engine !== 'Blink');
    const fit = other ? 'differs' : claim.engine ? 'agrees' : 'neutral';
    return { name, looksLike: hinted ? `Blink on ${hinted}` : 'Blink', detail, fit };
  }
  if (share(identity.with_sec_fetch) > 0.5) {
    const fit = claim.engine === 'Blink' ? 'differs' : claim.engine ? 'agrees' : 'neutral';
    return { name, looksLike: 'Gecko or WebKit', detail, fit };
  }
  // Browsers send neither hints nor Sec-Fetch where there is no TLS.
  if (share(identity.over_tls) < 0.5)
    return { name, looksLike: 'too little to tell', detail: `${detail}; without TLS`, fit: 'neutral' };
  const fit = sendsSecFetch(claim) ? 'differs' : 'neutral';
  const old = share(identity.with_language) > 0.5;
  return { name, looksLike: old ? 'an old browser or a program' : 'a program', detail, fit };
}

function behaviour(identity: VisitorIdentity, claim: Claim): LayerView {
  const requests = Number(identity.requests);
  const share = (some: string) => Number(some) / Math.max(1, requests);
  const [assets, missing, refused] = [identity.assets, identity.not_found, identity.refused].map(share);
  const detail = `${counted(requests, 'request')}, ${counted(identity.paths, 'path')}, parts of pages ${percent(assets ?? 0)}, 404 ${percent(missing ?? 0)}`;
  const odd = claim.kind === 'browser' ? 'differs' : 'neutral';
  const view = (looksLike: string, fit: LayerView['fit']): LayerView => ({
    name: 'Behaviour',
    looksLike,
    detail,
    fit,
  });
  if (requests >= 10 && (missing ?? 0) > 0.3) return view('looks for paths that do not exist', odd);
  const oneForm = Number(identity.posts) >= 10 && identity.post_paths === '1';
  if (oneForm && (refused ?? 0) > 0.2) return view('tries one form again and again', odd);
  if (pagesASecond(identity) !== undefined) return view('opens pages faster than people read', odd);
  if ((assets ?? 0) > 0.15)
    return view('loads pages with their parts', claim.kind === 'browser' ? 'agrees' : 'neutral');
  if (requests < 5) return view('too little to tell', 'neutral');
  // A host that scripts call, an API for example, has no pages and so no parts of them.
  if (Number(identity.documents) === 0) return view('calls of scripts, no pages', 'neutral');
  if (Number(identity.assets) > 0) return view('loads few parts of pages', 'neutral');
  // Somebody who was here before has parts in the cache, but not those of every page.
  return view('pages without their parts', Number(identity.documents) >= 10 ? odd : 'neutral');
}

function against(claim: Claim, engine: Engine | undefined): LayerView['fit'] {
  if (claim.kind !== 'browser' || !claim.engine || !engine)
    return claim.kind === 'tool' && engine ? 'differs' : 'neutral';
  return claim.engine === engine ? 'agrees' : 'differs';
}

function sameSystem(a: string, b: string): boolean {
  const name = (system: string) => system.toLowerCase().replace(/^chrome ?os$|^chromium os$/, 'chromeos');
  return name(a) === name(b);
}

const spaced = (name: string) => name.replaceAll('_', ' ');
