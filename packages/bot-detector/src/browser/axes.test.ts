import { describe, expect, it } from 'vitest';
import { axes, axisWeights, type BrowserSigns, browserVerdict } from './axes.ts';

const browsing = {
  has_sec_ch_ua: 1,
  sec_fetch_absence_rate: 0,
  has_accept_language: 1,
  generic_accept_ratio: 0,
  is_fake_navigation: 0,
  has_cookie: 0.9,
  has_referer: 0.8,
  asset_ratio: 0.7,
  direct_access_ratio: 0.1,
  alpn_http_mismatch: 0,
  no_window_scale_ratio: 0,
  tls12_ratio: 0,
  http10_ratio: 0,
  is_alpn_missing: 0,
  h2_settings_known: 1,
  h2_ja4_coherence: 1,
  h2_pseudo_order_match: 1,
};

function signs(features: Record<string, number>, rest: Partial<BrowserSigns> = {}): BrowserSigns {
  return {
    tlsStack: 't13x1514xx_8daaf6152771_02713d6af862',
    ja4: 't13d1516h2_8daaf6152771_02713d6af862',
    browserFamily: 'Chromium',
    tlsContext: 'browser',
    h2Fingerprint: '1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p',
    h2Family: 'Chromium',
    h2Context: 'browser',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0.0.0 Safari/537.36',
    hits: 40,
    feature: (name) => features[name] ?? Number.NaN,
    ...rest,
  };
}

const firefox = {
  tlsStack: 't13x1714xx_5b57614c22b0_3cbfd9057e0d',
  ja4: 't13d1717h2_5b57614c22b0_3cbfd9057e0d',
  browserFamily: 'Firefox',
  h2Fingerprint: '1:65536;2:0;4:131072;5:16384|12517377|0|m,p,a,s',
  h2Family: 'Firefox',
  h2Context: 'browser',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
};

describe('the browser axes', () => {
  it('weigh 1 together, as the seed has them', () => {
    expect(Object.values(axisWeights)).toEqual([0.25, 0.15, 0.2, 0.15, 0.15, 0.1]);
  });

  it('give a browsing Chromium and a browsing Firefox the same confidence', () => {
    const chromium = browserVerdict(signs(browsing));
    const gecko = browserVerdict(signs({ ...browsing, has_sec_ch_ua: 0 }, firefox));
    expect(chromium.confidence).toBeGreaterThan(0.9);
    expect(gecko.confidence).toBeCloseTo(chromium.confidence, 1);
    expect(gecko.engines.engine).toBe('Gecko');
  });

  it('find a Firefox with client hints less modern than one without', () => {
    const modern = (hints: number) =>
      browserVerdict(signs({ ...browsing, has_sec_ch_ua: hints }, firefox)).axes.axis_http_modern;
    expect(modern(1)).toBeLessThan(modern(0));
  });

  it('are all neutral when nothing is known', () => {
    const nothing = browserVerdict(
      signs(
        {},
        {
          tlsStack: '',
          ja4: '',
          browserFamily: '',
          tlsContext: '',
          h2Fingerprint: '',
          h2Family: '',
          h2Context: '',
          userAgent: 'x',
        },
      ),
    );
    for (const axis of axes) expect(nothing.axes[axis]).toBeCloseTo(0.5, 9);
  });

  it('do not take a missing handshake for a coherent one', () => {
    const without = browserVerdict(
      signs(browsing, { tlsStack: '', ja4: '', browserFamily: '', tlsContext: '' }),
    );
    expect(without.axes.axis_ja4_known).toBe(0.5);
    expect(without.axes.axis_tls_coherence).toBe(0.5);
  });

  it('never look at the User-Agent', () => {
    const as = (userAgent: string) => browserVerdict(signs(browsing, { userAgent })).axes;
    expect(as('curl/8.5.0')).toEqual(as(signs(browsing).userAgent));
  });

  it('hold an unknown stack that behaves like an engine above a known library', () => {
    const known = (rest: Partial<BrowserSigns>) => browserVerdict(signs(browsing, rest)).axes.axis_ja4_known;
    const unknown = known({ browserFamily: '', tlsContext: '' });
    expect(unknown).toBeGreaterThan(0.45);
    expect(unknown).toBeLessThanOrEqual(0.5);
    expect(known({ browserFamily: '', tlsContext: 'tool' })).toBe(0);
  });

  it('say little about the navigation of a visitor with one request', () => {
    const poor = { ...browsing, has_cookie: 0, has_referer: 0, asset_ratio: 0, direct_access_ratio: 1 };
    const navigation = (hits: number) => browserVerdict(signs(poor, { hits })).axes.axis_nav_behavior;
    expect(navigation(1)).toBeGreaterThan(0.35);
    expect(navigation(200)).toBeLessThan(0.02);
  });

  it('give a plain tool a low confidence', () => {
    const tool = browserVerdict(
      signs(
        {
          ...browsing,
          has_sec_ch_ua: 0,
          sec_fetch_absence_rate: 1,
          has_accept_language: 0,
          generic_accept_ratio: 1,
          has_cookie: 0,
          has_referer: 0,
          asset_ratio: 0,
          direct_access_ratio: 1,
          h2_settings_known: 0,
          h2_ja4_coherence: 0,
          h2_pseudo_order_match: 0,
        },
        {
          tlsStack: 't13x3110xx_aaaaaaaaaaaa_000000000000',
          ja4: 't13d3112h2_aaaaaaaaaaaa_000000000000',
          browserFamily: '',
          tlsContext: 'tool',
          h2Family: '',
          h2Context: 'tool',
          h2Fingerprint: '3:100|1|0|m,p,s,a',
          userAgent: 'curl/8.5.0',
        },
      ),
    );
    expect(tool.confidence).toBeLessThan(0.4);
    expect(tool.engines.engine).toBe('tool');
  });
});
