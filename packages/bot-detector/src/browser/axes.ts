import {
  agreement,
  claimEvidence,
  type EngineVerdict,
  headerEvidence,
  http2Evidence,
  type Likelihood,
  pseudoOrderEvidence,
  stackStructure,
  tlsEvidence,
  weighEngines,
} from './engine.ts';

/** Weights of the six axes in `browser_confidence`; they sum to 1. */
export const axisWeights = {
  axis_ja4_known: 0.25,
  axis_ja4_struct: 0.15,
  axis_http_modern: 0.2,
  axis_nav_behavior: 0.15,
  axis_tls_coherence: 0.15,
  axis_h2_coherence: 0.1,
} as const;

export type Axis = keyof typeof axisWeights;
export const axes = Object.keys(axisWeights) as Axis[];

/** What the axes read of a session. Texts are '' when absent, features NaN. */
export interface BrowserSigns {
  readonly tlsStack: string;
  readonly ja4: string;
  readonly browserFamily: string;
  /** browser, tool, or '' when the reference lists do not know the stack (the preface). */
  readonly tlsContext: string;
  readonly h2Fingerprint: string;
  readonly h2Family: string;
  readonly h2Context: string;
  readonly userAgent: string;
  readonly hits: number;
  /** A feature of the catalogue by name, NaN when it is missing. */
  feature(name: string): number;
}

export interface BrowserVerdict {
  /** Each in [0, 1]; 0.5 = says nothing either way. */
  readonly axes: Readonly<Record<Axis, number>>;
  /** Weighted sum of the axes. */
  readonly confidence: number;
  readonly engines: EngineVerdict;
}

const neutral = 0.5;

/** 1 or 0 by a test, 0.5 when there is nothing to test. */
const holds = (value: number, test: (value: number) => boolean) =>
  Number.isNaN(value) ? neutral : test(value) ? 1 : 0;

/** A verdict on behaviour drawn towards neutral while there is little behaviour: half weight at 3 requests. */
const withEvidence = (term: number, requests: number) =>
  neutral + (term - neutral) * (requests / (requests + 3));

/**
 * How much a session looks like a browser, on six axes. The User-Agent raises none of them. What was not
 * seen (no handshake, HTTP/1, no SYN) is neutral, neither coherent nor not.
 */
export function browserVerdict(signs: BrowserSigns): BrowserVerdict {
  const f = (name: string) => signs.feature(name);
  const tls = tlsEvidence(signs.tlsStack, signs.browserFamily, signs.tlsContext);
  const http2 = http2Evidence(signs.h2Fingerprint, signs.h2Family, signs.h2Context);
  const headers = headerEvidence({
    hints: f('has_sec_ch_ua'),
    secFetchAbsence: f('sec_fetch_absence_rate'),
    acceptLanguage: f('has_accept_language'),
  });
  const layers = { tls, http2, headers, claim: claimEvidence(signs.userAgent) };
  const verdict = weighEngines(layers);
  const connection = weighEngines({ tls, http2 });

  const values: Record<Axis, number> = {
    axis_ja4_known: known(signs, verdict),
    axis_ja4_struct: structure(signs),
    axis_http_modern: modern(f, connection),
    axis_nav_behavior: withEvidence(navigation(f), signs.hits),
    axis_tls_coherence: tlsCoherence(signs, f),
    axis_h2_coherence: http2Coherence(signs, layers),
  };
  const confidence = axes.reduce((sum, axis) => sum + axisWeights[axis] * values[axis], 0);
  return { axes: values, confidence, engines: verdict };
}

/**
 * Axis 1. A browser's stack 1, a library's 0. An unknown stack is worth as much as the engines' evidence
 * says that it is a browser, at most 0.5: lists age within weeks, and a new version is not a bot.
 */
function known(signs: BrowserSigns, verdict: EngineVerdict): number {
  if (signs.tlsStack === '' && signs.ja4 === '') return neutral;
  if (signs.browserFamily !== '') return 1;
  return signs.tlsContext === 'tool' ? 0 : neutral * (1 - verdict.posterior[3]);
}

/** Axis 2. TLS 1.3, ALPN, and as many suites and extensions as browsers send. */
function structure(signs: BrowserSigns): number {
  const parts = stackStructure(signs.ja4) ?? stackStructure(signs.tlsStack);
  if (!parts) return neutral;
  // A stack key leaves out what comes and goes: up to six of a browser's extensions.
  const fewest = signs.ja4 === '' ? 6 : 10;
  const alpn = /^[tqd][a-z0-9]{2}[di]\d{4}([a-z0-9]{2})_/.exec(signs.ja4)?.[1];
  const offersWeb = alpn === undefined ? neutral : alpn === 'h2' || alpn === 'h3' || alpn === 'h1' ? 1 : 0;
  const between = (value: number, low: number, high: number) => (value >= low && value <= high ? 1 : 0);
  return (
    0.35 * (parts.version === '13' ? 1 : 0) +
    0.25 * offersWeb +
    0.2 * between(parts.ciphers, 10, 26) +
    0.2 * between(parts.extensions, fewest, 25)
  );
}

/** Axis 3. Headers as the engine below them sends them: only Blink sends hints, so only there they are missed. */
function modern(f: (name: string) => number, connection: EngineVerdict): number {
  const hints = holds(f('has_sec_ch_ua'), (rate) => rate > 0);
  const others = connection.posterior[1] + connection.posterior[2];
  const expected = Number.isNaN(f('has_sec_ch_ua')) ? neutral : (1 - others) * hints + others * (1 - hints);
  return (
    0.3 * expected +
    0.3 * holds(f('sec_fetch_absence_rate'), (rate) => rate < 0.2) +
    0.15 * holds(f('has_accept_language'), (rate) => rate > 0) +
    0.15 * holds(f('generic_accept_ratio'), (rate) => rate < 0.3) +
    0.1 * holds(f('is_fake_navigation'), (rate) => rate === 0)
  );
}

/** Axis 4. Cookies, referers, assets, and pages reached from pages. */
function navigation(f: (name: string) => number): number {
  return (
    0.25 * holds(f('has_cookie'), (rate) => rate > 0) +
    0.25 * holds(f('has_referer'), (rate) => rate > 0) +
    0.25 * holds(f('asset_ratio'), (rate) => rate > 0.15) +
    0.25 * holds(f('direct_access_ratio'), (rate) => rate < 0.5)
  );
}

/** Axis 5. TLS, TCP and HTTP fit together. */
function tlsCoherence(signs: BrowserSigns, f: (name: string) => number): number {
  if (signs.tlsStack === '' && signs.ja4 === '') return neutral;
  return (
    0.25 * holds(f('alpn_http_mismatch'), (rate) => rate < 0.5) +
    0.2 * holds(f('no_window_scale_ratio'), (rate) => rate < 0.5) +
    0.2 * holds(f('tls12_ratio'), (rate) => rate < 0.1) +
    0.15 * holds(f('http10_ratio'), (rate) => rate === 0) +
    0.2 * holds(f('is_alpn_missing'), (rate) => rate === 0)
  );
}

/**
 * Axis 6. SETTINGS of a known browser, the engine of the handshake, the pseudo-header order of that engine.
 * The last two compare what the layers look like, so that a browser newer than the lists is still coherent.
 */
function http2Coherence(signs: BrowserSigns, { tls, http2 }: Record<'tls' | 'http2', Likelihood>): number {
  if (signs.h2Fingerprint === '') return neutral;
  const known = signs.h2Family !== '' ? 1 : signs.h2Context === 'tool' ? 0 : neutral;
  return (
    0.4 * known +
    0.35 * agreement(tls, http2) +
    0.25 * agreement(tls, pseudoOrderEvidence(signs.h2Fingerprint))
  );
}
