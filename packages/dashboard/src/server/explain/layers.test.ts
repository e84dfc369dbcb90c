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
    over_tls: '10',
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
    main_path: '/',
    main_post_path: '',
    post_paths: '0',
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

  it('miss Sec-Fetch only where the claimed browser would send it', () => {
    const bare = { with_language: '10' };
    expect(layer('Headers', bare)?.fit).toBe('differs');
    expect(layer('Headers', { ...bare, over_tls: '0' })).toMatchObject({
      looksLike: 'too little to tell',
      fit: 'neutral',
    });
    const old = chrome.replace('Chrome/150', 'Chrome/74');
    expect(layer('Headers', { ...bare, user_agents: [old] })?.fit).toBe('neutral');
    const safari =
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.6 Safari/605.1.15';
    expect(layer('Headers', { ...bare, user_agents: [safari] })?.fit).toBe('neutral');
    expect(
      layer('Headers', { ...bare, user_agents: [safari.replace('Version/15', 'Version/18')] })?.fit,
    ).toBe('differs');
  });

  it('blame behaviour only where it could not be a person’s', () => {
    const behaviour = (values: Partial<VisitorIdentity>) => {
      const { looksLike, fit } = layer('Behaviour', values) ?? {};
      return [looksLike, fit];
    };
    const minute = { first_time: '2026-03-01T12:00:00.000000Z' };
    expect(behaviour({})).toEqual(['loads pages with their parts', 'agrees']);
    // Twenty pages in ten seconds, with all their parts: a browser that is driven.
    expect(
      behaviour({
        ...minute,
        last_time: '2026-03-01T12:00:10.000000Z',
        requests: '100',
        documents: '20',
        assets: '70',
      }),
    ).toEqual(['opens pages faster than people read', 'differs']);
    // An API's host: a browser's scripts call it and there are no pages.
    expect(behaviour({ assets: '0', documents: '0', requests: '40' })).toEqual([
      'calls of scripts, no pages',
      'neutral',
    ]);
    // Everything in the cache.
    expect(behaviour({ assets: '0', documents: '6', requests: '6' })).toEqual([
      'pages without their parts',
      'neutral',
    ]);
    expect(behaviour({ assets: '0', documents: '40', requests: '40' })).toEqual([
      'pages without their parts',
      'differs',
    ]);
    const form = { requests: '100', posts: '50', post_paths: '1', main_post_path: '/login', assets: '0' };
    expect(behaviour({ ...form, refused: '50' })).toEqual(['tries one form again and again', 'differs']);
    // Beacons of a page's scripts are POSTs too.
    expect(behaviour({ ...form, main_post_path: '/beacon', assets: '40' })).toEqual([
      'loads pages with their parts',
      'agrees',
    ]);
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

  it('name what stands outside the band of people, and nothing that lies within it', () => {
    expect(shortLine(chrome, { threat_level: 'HIGH', reasons })).toBe(
      'says Chrome 150 on Windows, loads no images, styles or scripts, asks for what does not exist with 61 % of its requests',
    );
  });

  it('give calm visitors no reasons', () => {
    for (const threat_level of ['NORMAL', 'LOW', 'LEGITIMATE_BROWSER', 'KNOWN_BOT'])
      expect(shortLine(chrome, { threat_level, reasons })).toBe('says Chrome 150 on Windows');
  });

  it('do not hold against a program that it is one', () => {
    expect(shortLine('ExampleReader/3.2', { threat_level: 'CRITICAL', reasons })).toBe(
      'says ExampleReader 3.2, asks for what does not exist with 61 % of its requests',
    );
    const polite = reasons.filter(({ feature }) => feature !== 'not_found_ratio');
    expect(shortLine('ExampleReader/3.2', { threat_level: 'CRITICAL', reasons: polite })).toBe(
      'says ExampleReader 3.2, a program by its own account',
    );
    const reader = identity({
      user_agents: ['ExampleReader/3.2'],
      requests: '20',
      paths: '1',
      main_path: '/feed.xml',
      main_tls_library: 'OpenSSL',
      last_time: '2026-03-01T12:14:00.000000Z',
    });
    expect(headline(reader, undefined)).toBe(
      'says ExampleReader 3.2, a program by its own account; asked for /feed.xml 20 times in 14 min.',
    );
  });

  it('count what was done, before any reason', () => {
    const features = { post_ratio: 0.5, login_post_concentration: 1, denied_ratio: 0.5 };
    expect(
      shortLine('Mozilla/5.0 (Hydra)', { threat_level: 'CRITICAL', reasons: [], hits: '250', features }),
    ).toBe(
      'says Mozilla/5.0 (Hydra), sends 125 POSTs to sign-in paths, is refused with 50 % of its requests',
    );
    // Somebody who mistyped a password twice.
    expect(shortLine(chrome, { threat_level: 'HIGH', reasons: [], hits: '6', features })).toBe(
      'says Chrome 150 on Windows',
    );
  });

  it('name the layer rather than that there is one', () => {
    const vague = {
      feature: 'layer_disagreement',
      value: 0.9,
      baseline_low: 0,
      baseline_high: 0,
      contribution: 0.5,
    };
    const named = {
      feature: 'axis_ja4_known',
      value: 0,
      baseline_low: 1,
      baseline_high: 1,
      contribution: 0.2,
    };
    const line = (reasons: (typeof vague)[]) => shortLine(chrome, { threat_level: 'HIGH', reasons });
    expect(line([vague])).toBe(
      'says Chrome 150 on Windows, is one client by one layer and another by the next',
    );
    expect(line([vague, named])).toBe(
      'says Chrome 150 on Windows, has the TLS of a program, not of a browser',
    );
  });

  it('do not call a proxy’s TCP a contradiction', () => {
    const windows = identity({ ...linuxSyn, tls_family: 'Chromium' });
    expect(headline(windows, undefined)).toContain(
      'says Chrome 150 on Windows, while its TCP looks like Linux or Android, as behind a proxy or with a false name;',
    );
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
