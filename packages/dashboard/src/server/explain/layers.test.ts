import type { VisitorIdentity } from '@ja4/store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headline, shortLine } from './headline.ts';
import { layersOf } from './layers.ts';

const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';
const linuxSyn = {
  with_syn: '10',
  main_ttl: 57,
  main_window: 64_240,
  main_mss: 1460,
  main_window_scale: 7,
  main_tcp_options: 'MSS,SACK,TS,NOP,WS',
};

/** A visitor of whom everything was seen and nothing stands out. */
function identity(values: Partial<VisitorIdentity>): VisitorIdentity {
  return {
    requests: '10',
    joined: '10',
    connections: '2',
    first_time: '2026-03-01T12:00:00.000000Z',
    last_time: '2026-03-01T12:01:00.000000Z',
    asn_number: 64_500,
    asn_name: 'Testbed Access North',
    asn_org: 'Testbed Access North',
    asn_kind: 'isp',
    country_code: 'FR',
    behind_proxy: '0',
    hosts: ['shop.example'],
    user_agents: [chrome],
    user_agent_count: '1',
    ja4s: ['t13d1516h2_8daaf6152771_02713d6af862'],
    tls_stacks: ['t13x1515xx_8daaf6152771_cb7bf5808d99'],
    tls_stack_count: '1',
    main_tls_version: '1.3',
    main_alpn: 'h2, http/1.1',
    tls_family: '',
    main_tls_library: '',
    h2_family: '',
    h2_fingerprints: [],
    main_h2_order: '',
    http_versions: ['HTTP/2'],
    declared_bot: '',
    with_syn: '0',
    main_ttl: -1,
    main_window: -1,
    main_mss: -1,
    main_window_scale: -1,
    main_tcp_options: '',
    main_client_hints: '',
    main_hint_platform: '',
    main_language: '',
    with_sec_fetch: '0',
    with_language: '0',
    with_client_hints: '0',
    with_referer: '0',
    main_header_order: '',
    paths: '5',
    assets: '5',
    documents: '5',
    posts: '0',
    client_errors: '0',
    not_found: '0',
    refused: '0',
    server_errors: '0',
    ...values,
  };
}

const layer = (name: string, values: Partial<VisitorIdentity>) =>
  layersOf(identity(values)).find((view) => view.name === name);

describe('layers', () => {
  it('tell Linux from Windows by time to live and option order', () => {
    expect(layer('TCP', linuxSyn)).toMatchObject({ looksLike: 'Linux or Android', fit: 'differs' });
    expect(
      layer('TCP', { ...linuxSyn, main_ttl: 121, main_tcp_options: 'MSS,NOP,WS,NOP,NOP,SACK' }),
    ).toMatchObject({ looksLike: 'Windows', fit: 'agrees' });
    expect(
      layer('TCP', {
        ...linuxSyn,
        user_agents: [chrome.replace('Windows NT 10.0; Win64; x64', 'Linux; Android 15')],
      })?.fit,
    ).toBe('agrees');
  });

  it('say that nothing was seen where nothing was seen, and blame no visitor for a proxy', () => {
    expect(layer('TCP', {})).toMatchObject({ fit: 'absent' });
    expect(layer('TCP', { ...linuxSyn, behind_proxy: '3' })).toMatchObject({
      looksLike: 'not visible',
      fit: 'absent',
    });
    expect(layer('TLS', { joined: '0' })).toMatchObject({ fit: 'absent' });
  });

  it('hold TLS and HTTP/2 against the engine that is claimed, whatever the brand', () => {
    expect(layer('TLS', { tls_family: 'Chromium' })?.fit).toBe('agrees');
    expect(layer('TLS', { tls_family: 'Firefox' })?.fit).toBe('differs');
    expect(layer('TLS', { main_tls_library: 'Go crypto/tls' })).toMatchObject({
      looksLike: 'Go crypto/tls',
      fit: 'differs',
    });
    expect(layer('TLS', {})?.fit).toBe('neutral');
    const go = {
      h2_fingerprints: ['2:0;4:4194304;6:10485760|1073741824|0|a,m,p,s'],
      main_h2_order: 'a,m,p,s',
    };
    expect(layer('HTTP/2', go)).toMatchObject({ looksLike: 'Go or Java', fit: 'differs' });
    expect(layer('HTTP/2', { ...go, user_agents: ['Go-http-client/2.0'] })?.fit).toBe('neutral');
  });

  it('hold client hints against the claim only where there are any', () => {
    const hints = {
      with_client_hints: '10',
      with_sec_fetch: '10',
      with_language: '10',
      main_hint_platform: '"Windows"',
    };
    expect(layer('Headers', hints)).toMatchObject({ looksLike: 'Blink on Windows', fit: 'agrees' });
    expect(layer('Headers', { ...hints, main_hint_platform: '"Linux"' })?.fit).toBe('differs');
    const firefox = 'Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0';
    expect(layer('Headers', { with_sec_fetch: '10', with_language: '10', user_agents: [firefox] })?.fit).toBe(
      'agrees',
    );
  });

  it('are always five, and no value makes them throw', () => {
    const count = fc.nat().map(String);
    const anything = fc.record({
      requests: count,
      joined: count,
      assets: count,
      posts: count,
      not_found: count,
      with_syn: count,
      with_client_hints: count,
      main_ttl: fc.integer(),
      user_agents: fc.array(fc.string({ unit: 'binary' }), { maxLength: 2 }),
      h2_fingerprints: fc.array(fc.string(), { maxLength: 1 }),
      main_tcp_options: fc.string(),
      main_hint_platform: fc.string(),
      tls_family: fc.string(),
    });
    fc.assert(
      fc.property(anything, (values) => {
        expect(layersOf(identity(values))).toHaveLength(5);
        expect(headline(identity(values), undefined)).toMatch(/\.$/);
      }),
    );
  });
});

describe('sentences', () => {
  const reasons = [
    { feature: 'asset_ratio', value: 0, baseline_low: 0.3, baseline_high: 0.9, contribution: 0.5 },
    { feature: 'asset_ratio', value: 0, baseline_low: 0.3, baseline_high: 0.9, contribution: 0.4 },
    { feature: 'not_found_ratio', value: 0.61, baseline_low: 0, baseline_high: 0.02, contribution: 0.3 },
    { feature: 'has_cookie', value: 0, baseline_low: 0, baseline_high: 1, contribution: 0.9 },
    { feature: 'other', value: 0, baseline_low: 0, baseline_high: 0, contribution: 5 },
  ];

  it('name what stands outside the band of people before what lies within it', () => {
    expect(shortLine('curl/8.5.0', { threat_level: 'HIGH', reasons })).toBe(
      'says curl 8.5, loads no images, styles or scripts, asks for what does not exist with 61 % of its requests',
    );
  });

  it('give calm visitors no reasons', () => {
    expect(shortLine(chrome, { threat_level: 'NORMAL', reasons })).toBe('says Chrome 150 on Windows');
  });

  it('say what it claims, what contradicts it, and what it did', () => {
    const sentence = headline(
      identity({ ...linuxSyn, not_found: '4', main_tls_library: 'OpenSSL' }),
      undefined,
    );
    expect(sentence).toBe(
      'says Chrome 150 on Windows, but its TCP looks like Linux or Android and its TLS like OpenSSL; asked 5 paths with 10 requests in 60 s, 40 % of them 404.',
    );
  });
});
