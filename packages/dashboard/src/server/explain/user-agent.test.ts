import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimOf, engineOf } from './user-agent.ts';

describe('what a User-Agent claims', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36',
      'Chrome 150',
      'Windows',
      'Blink',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0',
      'Edge 150',
      'Windows',
      'Blink',
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'Firefox 140',
      'Linux',
      'Gecko',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
      'Safari 18',
      'iOS',
      'WebKit',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/150.0 Mobile/15E148 Safari/604.1',
      'Chrome 150',
      'iOS',
      'WebKit',
    ],
    ['curl/8.5.0', 'curl 8.5', '', undefined],
    ['python-requests/2.31.0', 'python-requests 2.31', '', undefined],
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'Googlebot', '', undefined],
    ['', 'no User-Agent', '', undefined],
  ])('%s', (userAgent, name, system, engine) => {
    expect(claimOf(userAgent)).toMatchObject({ name, system, engine });
  });

  it('is read from any text at once and never at length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
        expect(claimOf(text).name.length).toBeLessThanOrEqual(520);
        expect(claimOf(`Mozilla/5.0 ${text}`).kind).toBeTypeOf('string');
      }),
    );
  });

  it('belongs to an engine by family', () => {
    expect(['Chromium', 'Edge', 'Firefox', 'Tor_Browser', 'Safari', 'curl'].map(engineOf)).toEqual([
      'Blink',
      'Blink',
      'Gecko',
      'Gecko',
      'WebKit',
      undefined,
    ]);
  });
});
