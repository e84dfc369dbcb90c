import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  claimEvidence,
  claimedEngine,
  engineOfFamily,
  engines,
  headerEvidence,
  http2Evidence,
  silent,
  stackStructure,
  tlsEvidence,
  weighEngines,
} from './engine.ts';

// Stacks and fingerprints of real browsers: captures of curl-impersonate (MIT); tools as measured.
const chrome = {
  stack: 't13x1514xx_8daaf6152771_000000000000',
  h2: '1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p',
};
const firefox = {
  stack: 't13x1714xx_5b57614c22b0_000000000000',
  h2: '1:65536;2:0;4:131072;5:16384|12517377|0|m,p,a,s',
};
const safari = {
  stack: 't13x2012xx_a09f3c656075_000000000000',
  h2: '2:0;3:100;4:2097152;9:1|10420225|0|m,s,a,p',
};
const tor = {
  stack: 't13x1512xx_8daaf6152771_000000000000',
  h2: '1:65536;2:0;4:131072;5:16384|12517377|0|m,p,a,s',
};
const curl = { stack: 't13x3110xx_aaaaaaaaaaaa_000000000000', h2: '3:100;4:33554432;2:0|33488897|0|m,p,s,a' };

const layersOf = (client: { stack: string; h2: string }) =>
  weighEngines({ tls: tlsEvidence(client.stack, '', ''), http2: http2Evidence(client.h2, '', '') }).engine;

describe('the engine behind a session', () => {
  it('is told from TLS and HTTP/2 together without a reference list', () => {
    expect(layersOf(chrome)).toBe('Blink');
    expect(layersOf(firefox)).toBe('Gecko');
    expect(layersOf(safari)).toBe('WebKit');
    expect(layersOf(curl)).toBe('tool');
  });

  it('is Gecko for Tor Browser, although its cipher list is the one of Chrome', () => {
    expect(layersOf(tor)).toBe('Gecko');
  });

  it('follows the reference list where it knows the stack', () => {
    const engine = (family: string, context: string) =>
      weighEngines({ tls: tlsEvidence(chrome.stack, family, context) }).engine;
    expect(engine('Firefox', 'browser')).toBe('Gecko');
    expect(engine('', 'tool')).toBe('tool');
  });

  it('counts every brand of an engine as that engine', () => {
    expect(['Chromium', 'Edge', 'Brave', 'Opera', 'Samsung Internet'].map(engineOfFamily)).toEqual(
      new Array(5).fill('Blink'),
    );
    expect(['Firefox', 'Tor_Browser', 'Safari', 'curl'].map(engineOfFamily)).toEqual([
      'Gecko',
      'Gecko',
      'WebKit',
      undefined,
    ]);
  });

  it('claims: every browser on iOS is WebKit, a program that names itself is a tool', () => {
    const iphone =
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
    expect(claimedEngine(`${iphone} CriOS/120.0 Mobile/15E148 Safari/604.1`)).toBe('WebKit');
    expect(claimedEngine('python-requests/2.31.0')).toBe('tool');
    expect(claimedEngine('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0')).toBe(
      'Gecko',
    );
    expect(claimedEngine('Mozilla/5.0 (unreadable)')).toBeUndefined();
  });

  it('sees a program that claims to be Chrome: sure layers that exclude each other', () => {
    const claim = claimEvidence(
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36',
    );
    const tls = tlsEvidence('t13x1310xx_bbbbbbbbbbbb_000000000000', '', 'tool');
    const liar = weighEngines({ tls, claim });
    expect(liar.disagreement).toBeGreaterThan(0.8);
    expect(liar.between).toEqual(['tls', 'claim']);
    const honest = weighEngines({ tls, claim: claimEvidence('Go-http-client/2.0') });
    expect(honest.disagreement).toBeLessThan(0.1);
  });

  it('finds nothing to disagree about in silence', () => {
    expect(weighEngines({}).disagreement).toBe(0);
    expect(headerEvidence({ hints: 0, secFetchAbsence: Number.NaN, acceptLanguage: 1 })).toEqual(silent);
  });

  it('reads any text as a stack, a fingerprint or a User-Agent without failing', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (stack, fingerprint, userAgent) => {
        stackStructure(stack);
        const verdict = weighEngines({
          tls: tlsEvidence(stack, '', ''),
          http2: http2Evidence(fingerprint, '', ''),
          claim: claimEvidence(userAgent),
        });
        expect(engines).toContain(verdict.engine);
        expect(verdict.disagreement).toBeGreaterThanOrEqual(0);
        expect(verdict.disagreement).toBeLessThanOrEqual(1);
      }),
    );
  });
});
