import type { FeatureSpec } from '../src/feature-space.ts';
import type { Random } from '../src/random.ts';
import { gaussian } from '../src/random.ts';
import { type JudgedSession, judge, type Session } from '../src/session.ts';

/** A small catalogue for tests of mechanics: one feature of each kind. */
export const testFeatures: FeatureSpec[] = [
  {
    name: 'asset_ratio',
    layer: 'behaviour',
    unit: 'ratio',
    range: [0, 1],
    suspicious: 'low',
    missing: 'median',
  },
  {
    name: 'direct_access_ratio',
    layer: 'behaviour',
    unit: 'ratio',
    range: [0, 1],
    suspicious: 'high',
    missing: 'median',
  },
  {
    name: 'hit_velocity',
    layer: 'behaviour',
    unit: 'count',
    range: [0, 1e6],
    suspicious: 'high',
    missing: 'median',
  },
  {
    name: 'http10_ratio',
    layer: 'behaviour',
    unit: 'ratio',
    range: [0, 1],
    suspicious: 'high',
    missing: 'zero',
  },
  {
    name: 'header_count',
    layer: 'behaviour',
    unit: 'count',
    range: [0, 200],
    suspicious: 'both',
    missing: 'median',
  },
];

const share = (random: Random, mean: number) => Math.min(1, Math.max(0, mean + 0.1 * gaussian(random)));

/** A session of a person with Chromium on an access network; `features` and `rest` replace what they name. */
export function person(
  random: Random,
  features: Record<string, number> = {},
  rest: Partial<Session> = {},
): JudgedSession {
  const start = 1_700_000_000 + Math.floor(random() * 7200);
  return judge({
    srcIp: `198.18.16.${1 + Math.floor(random() * 250)}`,
    tlsStack: 't13x1514xx_8daaf6152771_02713d6af862',
    ja4: 't13d1516h2_8daaf6152771_02713d6af862',
    host: 'shop.example',
    windowStart: 1_700_000_000,
    firstSeen: start,
    lastSeen: start + 60 + Math.floor(random() * 600),
    hits: 20 + Math.floor(random() * 60),
    correlated: true,
    userAgent:
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36',
    botName: '',
    browserFamily: 'Chromium',
    tlsContext: 'browser',
    h2Fingerprint: '1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p',
    h2Family: 'Chromium',
    h2Context: 'browser',
    asn: { number: 64500, name: 'North', org: '', domain: '', country: '', label: 'isp' },
    features: new Map(
      Object.entries({
        asset_ratio: share(random, 0.7),
        direct_access_ratio: share(random, 0.15),
        hit_velocity: 0.2 * Math.exp(0.5 * gaussian(random)),
        http10_ratio: 0,
        header_count: 14 + Math.round(gaussian(random)),
        has_sec_ch_ua: 1,
        has_accept_language: 1,
        has_cookie: share(random, 0.9),
        has_referer: share(random, 0.8),
        sec_fetch_absence_rate: 0,
        generic_accept_ratio: 0,
        is_fake_navigation: 0,
        alpn_http_mismatch: 0,
        no_window_scale_ratio: 0,
        tls12_ratio: 0,
        is_alpn_missing: 0,
        h2_settings_known: 1,
        h2_ja4_coherence: 1,
        h2_pseudo_order_match: 1,
        pause_ratio: 0.6,
        ...features,
      }),
    ),
    ...rest,
  });
}

/** A session of a command-line tool that says what it is. */
export function tool(
  random: Random,
  features: Record<string, number> = {},
  rest: Partial<Session> = {},
): JudgedSession {
  return person(
    random,
    {
      asset_ratio: 0,
      direct_access_ratio: 1,
      hit_velocity: 8 * Math.exp(0.5 * gaussian(random)),
      http10_ratio: 0,
      header_count: 3,
      has_sec_ch_ua: 0,
      has_accept_language: 0,
      has_cookie: 0,
      has_referer: 0,
      sec_fetch_absence_rate: 1,
      generic_accept_ratio: 1,
      h2_settings_known: 0,
      h2_ja4_coherence: 0,
      h2_pseudo_order_match: 0,
      pause_ratio: Number.NaN,
      ...features,
    },
    {
      srcIp: `198.19.0.${1 + Math.floor(random() * 250)}`,
      tlsStack: 't13x3110xx_aaaaaaaaaaaa_bbbbbbbbbbbb',
      ja4: 't13d3112h2_aaaaaaaaaaaa_bbbbbbbbbbbb',
      userAgent: 'curl/8.5.0',
      browserFamily: '',
      tlsContext: 'tool',
      h2Fingerprint: '3:100;4:33554432;2:0|33488897|0|m,p,s,a',
      h2Family: '',
      h2Context: 'tool',
      asn: { number: 64510, name: 'Hosting', org: '', domain: '', country: '', label: 'hosting' },
      ...rest,
    },
  );
}

/** `count` sessions from a maker. */
export function many(count: number, make: () => JudgedSession): JudgedSession[] {
  return Array.from({ length: count }, make);
}
