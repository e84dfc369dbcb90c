/** What a User-Agent says. It is a claim: anybody can send any. */
export interface Claim {
  readonly kind: 'browser' | 'robot' | 'tool' | 'nothing' | 'other';
  /** As people call it: `Chrome 150`, `curl 8.5`, `Googlebot`. */
  readonly name: string;
  /** `Windows`, `macOS`, `Android`, `iOS`, `Linux`, `ChromeOS`; '' when it names none. */
  readonly system: string;
  readonly engine: Engine | undefined;
}

/** Browser engines, which is what fingerprints can tell apart; brands are hints. */
export type Engine = 'Blink' | 'Gecko' | 'WebKit' | 'Trident';

const browsers: readonly (readonly [name: string, pattern: RegExp, engine: Engine])[] = [
  ['Edge', /\bEdg(?:A|iOS)?\/(\d+)/, 'Blink'],
  ['Opera', /\bOPR\/(\d+)/, 'Blink'],
  ['Samsung Internet', /\bSamsungBrowser\/(\d+)/, 'Blink'],
  ['Firefox', /\bFirefox\/(\d+)/, 'Gecko'],
  ['Firefox', /\bFxiOS\/(\d+)/, 'WebKit'],
  ['Chrome', /\bCriOS\/(\d+)/, 'WebKit'],
  ['headless Chrome', /\bHeadlessChrome\/(\d+)/, 'Blink'],
  ['Chrome', /\bChrome\/(\d+)/, 'Blink'],
  ['Internet Explorer', /\bMSIE (\d+)/, 'Trident'],
  ['Safari', /\bVersion\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari\//, 'WebKit'],
];

const systems: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Windows', /\bWindows\b/],
  ['iOS', /\b(?:iPhone|iPad|iPod)\b/],
  ['Android', /\bAndroid\b/],
  ['macOS', /\bMac OS X\b|\bMacintosh\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b|\bX11\b/],
];

const robot = /([A-Za-z][\w.-]*(?:bot|crawler|spider|slurp|monitor)[\w-]*)/i;

/** The same reading for the store, which counts and filters by it: `\b`, `\d` and `(?:…)` mean the same in RE2. */
export const claimPatterns = {
  robot_pattern: `(?i)${robot.source}`,
  browser_pattern: `(?s)^Mozilla/.*(?:${browsers.map(([, pattern]) => pattern.source.replaceAll('\\/', '/')).join('|')})`,
};

/** What a claim is to lists and counts: `browser`, `program` or `nothing`. */
export function says(claim: Claim): 'browser' | 'program' | 'nothing' {
  if (claim.kind === 'browser' || claim.kind === 'nothing') return claim.kind;
  return 'program';
}

/** Reads a User-Agent of any form; the longest part looked at is 512 characters. */
export function claimOf(userAgent: string): Claim {
  const text = userAgent.slice(0, 512);
  if (text.trim() === '') return { kind: 'nothing', name: 'no User-Agent', system: '', engine: undefined };
  const system = systems.find(([, pattern]) => pattern.test(text))?.[0] ?? '';
  const declared = robot.exec(text);
  if (declared) return { kind: 'robot', name: declared[1] ?? 'robot', system: '', engine: undefined };
  if (text.startsWith('Mozilla/')) {
    for (const [name, pattern, engine] of browsers) {
      const version = pattern.exec(text)?.[1];
      if (version === undefined) continue;
      return {
        kind: 'browser',
        name: `${name} ${version}`,
        system,
        engine: system === 'iOS' ? 'WebKit' : engine,
      };
    }
    return { kind: 'other', name: text.slice(0, 40), system, engine: undefined };
  }
  const product = /^([A-Za-z][\w .-]{0,39}?)\/v?(\d+(?:\.\d+)?)/.exec(text);
  if (product) return { kind: 'tool', name: `${product[1]} ${product[2]}`, system, engine: undefined };
  return { kind: 'other', name: text.slice(0, 40), system, engine: undefined };
}

/** The engine a family of the reference lists belongs to (`Chromium`, `Firefox`, `Tor_Browser`, …). */
export function engineOf(family: string): Engine | undefined {
  if (/chrom|edge|opera|brave|blink|samsung|vivaldi/i.test(family)) return 'Blink';
  if (/firefox|tor|gecko|mullvad/i.test(family)) return 'Gecko';
  if (/safari|webkit|ios/i.test(family)) return 'WebKit';
  return undefined;
}
