/**
 * What a session could be made of: one of the three browser engines, or a program that is none of them.
 * Brands are hints (Edge, Brave and Opera are Blink; every browser on iOS is WebKit; Tor is Gecko), so
 * engines are what the layers are compared on.
 */
export const engines = ['Blink', 'Gecko', 'WebKit', 'tool'] as const;
export type Engine = (typeof engines)[number];

/** A layer that can speak for an engine. `claim` is the User-Agent: what the client says it is. */
export type Layer = 'tls' | 'http2' | 'headers' | 'claim';

/** How much a layer speaks for each engine; sums to 1, equal parts when it says nothing. */
export type Likelihood = readonly [blink: number, gecko: number, webkit: number, tool: number];

export const silent: Likelihood = [0.25, 0.25, 0.25, 0.25];

const normalise = (weights: readonly number[]): Likelihood => {
  const sum = weights.reduce((a, b) => a + b, 0);
  return [0, 1, 2, 3].map((i) => (weights[i] ?? 0) / sum) as unknown as Likelihood;
};

const certain = (engine: Engine, share: number): Likelihood =>
  normalise(engines.map((other) => (other === engine ? share : (1 - share) / 3)));

/** The engine behind a browser family's name in the reference lists; undefined for names that are none. */
export function engineOfFamily(family: string): Engine | undefined {
  const name = family.toLowerCase();
  if (/\b(tor|firefox|gecko|librewolf|mullvad)/.test(name)) return 'Gecko';
  if (/safari|webkit|\bios\b|epiphany/.test(name)) return 'WebKit';
  if (/chrom|edge|opera|brave|vivaldi|samsung|yandex|blink|webview/.test(name)) return 'Blink';
  return undefined;
}

/**
 * Cipher lists by their JA4 hash (the second part of JA4 and of `tls_stack`). They outlive versions: one
 * value each over Chrome 98–150, Firefox 98–147 and Safari 15–26. Tor Browser shares Chrome's set, so the
 * list alone never settles it. Source: browser captures of curl-impersonate (MIT).
 */
const cipherLists: Readonly<Record<string, Likelihood>> = {
  '8daaf6152771': [0.8, 0.1, 0.02, 0.08],
  '5b57614c22b0': [0.02, 0.88, 0.02, 0.08],
  e8a523a41297: [0.02, 0.88, 0.02, 0.08],
  a09f3c656075: [0.02, 0.02, 0.88, 0.08],
  '2802a3db6c62': [0.02, 0.02, 0.88, 0.08],
};

/** Version, cipher and extension counts and cipher hash of a `tls_stack` or JA4; undefined for anything else. */
export function stackStructure(
  stack: string,
): { version: string; ciphers: number; extensions: number; cipherHash: string } | undefined {
  const parts = /^[tqd]([a-z0-9]{2})[dix](\d\d)(\d\d)[^_]{2}_([0-9a-f]{12})_/.exec(stack);
  return parts
    ? {
        version: parts[1] ?? '',
        ciphers: Number(parts[2]),
        extensions: Number(parts[3]),
        cipherHash: parts[4] ?? '',
      }
    : undefined;
}

/** What the handshake is made of. `family` and `context` are the reference lists' entries for the stack. */
export function tlsEvidence(stack: string, family: string, context: string): Likelihood {
  const engine = engineOfFamily(family);
  if (engine) return certain(engine, 0.94);
  if (context === 'tool') return certain('tool', 0.94);
  const structure = stackStructure(stack);
  if (!structure) return silent;
  const list = cipherLists[structure.cipherHash];
  if (list) return list;
  // Every current browser offers TLS 1.3 with 13 to 26 suites; libraries also offer fewer, and many more.
  const browserLike = structure.version === '13' && structure.ciphers >= 13 && structure.ciphers <= 26;
  return browserLike ? normalise([1, 1, 1, 1.5]) : normalise([1, 1, 1, 12]);
}

/**
 * Order of the pseudo-headers: Gecko and WebKit have orders of their own; Blink shares `m,a,s,p` with many
 * libraries; an order that no browser uses is a tool's (measured: curl m,p,s,a; Go and Java a,m,p,s).
 */
const pseudoOrders: Readonly<Record<string, Likelihood>> = {
  'm,a,s,p': [0.62, 0.02, 0.02, 0.34],
  'm,p,a,s': [0.02, 0.88, 0.02, 0.08],
  'm,s,p,a': [0.02, 0.02, 0.88, 0.08],
  'm,s,a,p': [0.02, 0.02, 0.88, 0.08],
};

/** What the order of the pseudo-headers alone says; silent without HTTP/2. */
export function pseudoOrderEvidence(fingerprint: string): Likelihood {
  const order = fingerprint.split('|')[3] ?? '';
  return pseudoOrders[order] ?? (order === '' ? silent : certain('tool', 0.85));
}

/** What HTTP/2 looks like: the fingerprint's family in the reference lists, else its pseudo-header order. */
export function http2Evidence(fingerprint: string, family: string, context: string): Likelihood {
  if (fingerprint === '') return silent;
  const engine = engineOfFamily(family);
  if (engine) return certain(engine, 0.94);
  if (context === 'tool') return certain('tool', 0.94);
  return pseudoOrderEvidence(fingerprint);
}

export interface HeaderEvidence {
  /** Share of requests with client hints (sec-ch-ua); NaN when unknown. */
  readonly hints: number;
  /** Share of documents without Sec-Fetch; NaN when unknown or on plain HTTP, where nobody sends it. */
  readonly secFetchAbsence: number;
  /** Whether an Accept-Language came; NaN when unknown. */
  readonly acceptLanguage: number;
}

/**
 * What the headers imitate or are: hints come from Blink only, Sec-Fetch from all three engines (not from
 * Safari before 16.4). Headers are easily copied, so they never say more than 0.8.
 */
export function headerEvidence(headers: HeaderEvidence): Likelihood {
  if (headers.hints > 0) return certain('Blink', 0.8);
  if (Number.isNaN(headers.secFetchAbsence)) return silent;
  if (headers.secFetchAbsence < 0.5) return normalise([0.08, 0.42, 0.42, 0.08]);
  return headers.acceptLanguage > 0 ? normalise([0.08, 0.08, 0.34, 0.5]) : normalise([0.03, 0.03, 0.14, 0.8]);
}

/** What the User-Agent claims. A program that names itself claims `tool`; an unreadable one claims nothing. */
export function claimedEngine(userAgent: string): Engine | undefined {
  if (userAgent === '') return 'tool';
  if (!/^Mozilla\/\d/.test(userAgent)) return 'tool';
  if (/(CriOS|FxiOS|EdgiOS|OPiOS|DuckDuckGo)\//.test(userAgent) || /iP(hone|ad|od)/.test(userAgent))
    return 'WebKit';
  if (/Gecko\/\d.*Firefox\//.test(userAgent)) return 'Gecko';
  if (/Chrom(e|ium)\/\d/.test(userAgent)) return 'Blink';
  if (/AppleWebKit\/.*Version\/.*Safari\//.test(userAgent)) return 'WebKit';
  return undefined;
}

export interface EngineVerdict {
  /** Best engine on all evidence together, without the claim. */
  readonly engine: Engine;
  /** Posterior of each engine given TLS, HTTP/2 and headers, in the order of `engines`. */
  readonly posterior: Likelihood;
  /** 0 = the layers fit together (or are silent), 1 = two layers are sure of different things. */
  readonly disagreement: number;
  /** The two layers that disagree most. */
  readonly between: readonly [Layer, Layer] | undefined;
}

const entropy = (p: Likelihood) => -p.reduce((sum, x) => sum + (x > 0 ? x * Math.log2(x) : 0), 0);

const best = (p: Likelihood) => p.indexOf(Math.max(...p));
const overlap = (a: Likelihood, b: Likelihood) => a.reduce((sum, x, i) => sum + Math.min(x, b[i] ?? 0), 0);
/** How sure two layers are together: 0 when one of them says nothing. */
const certainty = (a: Likelihood, b: Likelihood) => (1 - entropy(a) / 2) * (1 - entropy(b) / 2);

/** How far two layers exclude each other, weighted by how sure both are; 0 for the same best engine. */
function conflict(a: Likelihood, b: Likelihood): number {
  return best(a) === best(b) ? 0 : (1 - overlap(a, b)) * certainty(a, b);
}

/**
 * How well two layers go together as a browser: 1 = surely the same engine, 0 = surely not, 0.5 = one of them
 * is silent, or both are a tool, which fits together but is no browser.
 */
export function agreement(a: Likelihood, b: Likelihood): number {
  if (best(a) === best(b))
    return engines[best(a)] === 'tool' ? 0.5 : 0.5 + 0.5 * Math.sqrt(certainty(a, b) / fullCertainty);
  return 0.5 - (0.5 * conflict(a, b)) / fullConflict;
}

/** Sure and opposite layers reach this conflict; more is scaled to 1. */
const fullCertainty = certainty(certain('Blink', 0.94), certain('Blink', 0.94));
const fullConflict = conflict(certain('Blink', 0.94), certain('tool', 0.94));

/** Weighs all layers together (independent evidence, flat prior) and measures how far they disagree. */
export function weighEngines(evidence: Readonly<Partial<Record<Layer, Likelihood>>>): EngineVerdict {
  const layers = (['tls', 'http2', 'headers', 'claim'] as const).map(
    (layer) => [layer, evidence[layer] ?? silent] as const,
  );
  const weights = [1, 1, 1, 1];
  for (const [layer, likelihood] of layers)
    if (layer !== 'claim') for (let i = 0; i < 4; i++) weights[i] = (weights[i] ?? 0) * (likelihood[i] ?? 0);
  const posterior = normalise(weights);
  let disagreement = 0;
  let between: [Layer, Layer] | undefined;
  for (const [i, [first, a]] of layers.entries())
    for (const [second, b] of layers.slice(i + 1)) {
      const here = conflict(a, b) / fullConflict;
      if (here > disagreement) {
        disagreement = Math.min(1, here);
        between = [first, second];
      }
    }
  return { engine: engines[best(posterior)] ?? 'tool', posterior, disagreement, between };
}

/** The User-Agent as evidence: sure of what it says, silent when it says nothing that can be read. */
export function claimEvidence(userAgent: string): Likelihood {
  const engine = claimedEngine(userAgent);
  return engine ? certain(engine, 0.9) : silent;
}
