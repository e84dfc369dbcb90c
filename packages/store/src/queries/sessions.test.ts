import { byName, features } from '@ja4/features';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../connect.ts';
import type { HttpLogRow } from '../http-log-row.ts';
import { insertHttpLogs } from '../insert-http-logs.ts';
import { migrate } from '../migrate.ts';
import { loadReferenceData } from '../reference-data.ts';
import { browserRequest, scriptRequest } from '../sample-requests.test-support.ts';
import { startTemporaryEngine, type TemporaryEngine } from '../temporary-store.test-support.ts';
import { type SessionRow, sessionFeatures } from './sessions.ts';

let engine: TemporaryEngine;
let store: Store;
beforeAll(async () => {
  engine = await startTemporaryEngine();
  store = engine.store();
  await migrate(store);
  await loadReferenceData(store);
});
afterAll(() => engine.stop());

const hourMs = 3_600_000;
/** Start of the previous hour: all of it lies in the past, and in the view's window. */
const base = new Date((Math.floor(Date.now() / hourMs) - 1) * hourMs);
const at = (seconds: number) => base.getTime() * 1000 + Math.round(seconds * 1e6);
const window = { from: base, to: new Date(base.getTime() + hourMs) };

function value(row: SessionRow | undefined, name: string): number | undefined {
  return row?.features[features.findIndex((feature) => feature.name === name)];
}

async function sessionOf(address: string, over = window): Promise<SessionRow | undefined> {
  const found = (await sessionFeatures(store, over)).filter((row) => row.src_ip === address);
  expect(found.length).toBeLessThanOrEqual(1);
  return found[0];
}

test('a person is one session, whatever resumption and WebSocket do to the JA4', async () => {
  const pages = [0, 20, 65, 130, 300].flatMap((second, page) => [
    browserRequest({
      time: at(second),
      path: `/page/${page}`,
      header_referer: page === 0 ? '' : 'https://shop.example/',
    }),
    ...['a.css', 'b.js', 'c.png'].map((name, i) =>
      browserRequest({
        time: at(second + 0.2 + i / 10),
        path: `/${name}`,
        header_sec_fetch_dest: 'image',
        header_accept: '*/*',
      }),
    ),
  ]);
  const first = pages[0] as HttpLogRow;
  pages[0] = { ...first, client_headers: first.client_headers.replace('referer,', '') };
  const resumed = browserRequest({
    time: at(400),
    path: '/page/9',
    ja4: 't13d1517h2_other',
    tls_resumption: 1,
    conn_id: 'c2',
  });
  await insertHttpLogs(store, [...pages, resumed]);
  const session = await sessionOf('198.18.16.7');
  expect(session).toMatchObject({
    ja4: 't13d1516h2_8daaf6152771_02713d6af862',
    tls_stack: 'stack-of-a-browser',
    asn_number: 64500,
    asn_label: 'isp',
    asn_org: 'Testbed Access North',
    bot_name: '',
    h2_browser_family: 'Chromium',
    claimed_family: 'Chromium',
    hits: 21,
    correlated: 1,
  });
  expect(value(session, 'hits')).toBe(21);
  expect(value(session, 'asset_ratio')).toBeCloseTo(15 / 21);
  expect(value(session, 'direct_access_ratio')).toBeCloseTo(1 / 6);
  expect(value(session, 'generic_accept_ratio')).toBe(0);
  expect(value(session, 'sec_fetch_absence_rate')).toBe(0);
  expect(value(session, 'ua_ch_mismatch')).toBe(0);
  expect(value(session, 'pause_ratio')).toBe(1);
  expect(value(session, 'burst_ratio')).toBe(0);
  // Pauses of 20, 45, 65, 170 and 100 s: mean 80, standard deviation 52.06.
  expect(value(session, 'cadence_cv')).toBeCloseTo(0.6507, 3);
  expect(value(session, 'max_requests_per_sec')).toBe(4);
  expect(value(session, 'header_count')).toBeCloseTo(14 - 1 / 21);
  expect(value(session, 'distinct_header_orders')).toBe(1);
  expect(value(session, 'true_window_size')).toBe(64_240 * 128);
  expect(value(session, 'resumption_ratio')).toBeCloseTo(1 / 21);
  expect(value(session, 'h2_settings_known')).toBe(1);
});

test('a script that guesses paths looks like one', async () => {
  const rows = Array.from({ length: 40 }, (_, i) =>
    scriptRequest({
      time: at(600 + i),
      path: `/guess-${i}`,
      status_code: i % 4 === 0 ? 200 : 404,
      src_port: 50_000 + i,
      conn_id: `s${i}`,
    }),
  );
  await insertHttpLogs(store, rows);
  const session = await sessionOf('198.19.0.9');
  expect(session).toMatchObject({ asn_label: 'hosting', claimed_family: '', h2_fingerprint: '' });
  expect(value(session, 'not_found_ratio')).toBe(0.75);
  expect(value(session, 'path_diversity_ratio')).toBe(1);
  expect(value(session, 'port_exhaustion_ratio')).toBe(1);
  expect(value(session, 'cadence_cv')).toBe(0);
  expect(value(session, 'direct_access_ratio')).toBe(1);
  expect(value(session, 'sec_fetch_absence_rate')).toBe(1);
  expect(value(session, 'generic_accept_ratio')).toBe(1);
  expect(value(session, 'header_count')).toBe(3);
  expect(value(session, 'is_alpn_missing')).toBe(0);
});

test('what was not seen is unknown, not zero: no handshake, no SYN, no status, no POST, no HTTP/2', async () => {
  const orphan = scriptRequest({ time: at(700), src_ip: '198.19.0.10' });
  const absent = {
    correlated: 0,
    has_syn: -1,
    orphan_side: 'A',
    ja4: '',
    tls_stack: '',
    tls_version: '',
    tls_sni: '',
  };
  const noSyn = {
    ip_meta_ttl: -1,
    ip_meta_total_length: -1,
    ip_meta_id: -1,
    ip_meta_df: -1,
    tcp_meta_window_size: -1,
  };
  const noTcp = {
    tcp_meta_mss: -1,
    tcp_meta_window_scale: -1,
    tcp_meta_options: '',
    syn_to_clienthello_ms: -1,
  };
  await insertHttpLogs(store, [
    {
      ...orphan,
      ...absent,
      ...noSyn,
      ...noTcp,
      tls_alpn_offered: [],
      ja3_hash: '',
      status_code: 0,
      tls_resumption: -1,
    },
  ]);
  const session = await sessionOf('198.19.0.10');
  expect(session?.correlated).toBe(0);
  for (const { name, layer } of features) {
    if (layer === 'tcp' || layer === 'http2') expect(value(session, name), name).toBeNaN();
  }
  for (const name of [
    'tls12_ratio',
    'is_alpn_missing',
    'error_ratio',
    'login_post_concentration',
    'cadence_cv',
    'is_rare_ja4',
  ]) {
    expect(value(session, name), name).toBeNaN();
  }
  // Neutral, not coherent: half for each unknown axis, and nothing speaks against the headers.
  expect(value(session, 'fingerprint_coherence_score')).toBeCloseTo(
    0.25 / 2 + 0.25 / 2 + 0.15 / 2 + 0.2 + 0.15 / 2,
  );
});

test('the busiest second is counted over several inserts', async () => {
  const request = (i: number) =>
    scriptRequest({ time: at(800.1 + i / 100), src_ip: '198.19.0.11', path: `/${i}`, conn_id: `m${i}` });
  const rows = Array.from({ length: 60 }, (_, i) => request(i));
  await insertHttpLogs(store, rows.slice(0, 7));
  await insertHttpLogs(store, rows.slice(7, 33));
  await insertHttpLogs(store, rows.slice(33));
  await insertHttpLogs(store, [scriptRequest({ time: at(805), src_ip: '198.19.0.11' })]);
  expect(value(await sessionOf('198.19.0.11'), 'max_requests_per_sec')).toBe(60);
});

test('requests of neighbouring hours are one session in a window that holds both', async () => {
  const before = new Date(base.getTime() - hourMs);
  const request = (seconds: number) => scriptRequest({ time: at(seconds), src_ip: '198.19.0.12' });
  await insertHttpLogs(store, [request(-30), request(-20), request(10)]);
  expect((await sessionOf('198.19.0.12'))?.hits).toBe(1);
  const both = await sessionOf('198.19.0.12', { from: before, to: window.to });
  expect(both).toMatchObject({ hits: 3, window_start: base.toISOString().slice(0, 19).replace('T', ' ') });
  expect(value(both, 'hit_velocity')).toBeCloseTo(3 / 40);
});

test('a handshake that no request followed is kept in http_logs and counts nowhere', async () => {
  const src_ip = '198.18.34.1';
  const handshake = {
    ...browserRequest({ time: at(850), src_ip }),
    orphan_side: 'B',
    method: '',
    path: '',
    correlated: 0,
  };
  await insertHttpLogs(store, [handshake]);
  expect(await sessionOf(src_ip)).toBeUndefined();
  await insertHttpLogs(store, [browserRequest({ time: at(851), src_ip }), handshake]);
  const session = await sessionOf(src_ip);
  expect(session?.hits).toBe(1);
  expect(value(session, 'header_count')).toBe(14);
  expect(value(session, 'max_requests_per_sec')).toBe(1);
});

test('a visitor behind a trusted proxy has no handshake and is no orphan', async () => {
  const src_ip = '198.18.34.2';
  const proxied = {
    correlated: 0,
    orphan_side: '',
    tls_stack: '',
    ja4: '',
    has_syn: -1,
    peer_ip: '198.18.0.2',
  };
  await insertHttpLogs(store, [{ ...browserRequest({ time: at(860), src_ip }), ...proxied }]);
  expect(value(await sessionOf(src_ip), 'orphan_ratio')).toBe(0);
  await insertHttpLogs(store, [
    { ...browserRequest({ time: at(861), src_ip }), ...proxied, orphan_side: 'A' },
  ]);
  expect(value(await sessionOf(src_ip), 'orphan_ratio')).toBe(0.5);
});

test('hosts and stacks behind one address are sessions of their own, and their headers do not mix', async () => {
  const src_ip = '198.18.48.1';
  await insertHttpLogs(store, [
    browserRequest({ time: at(900), src_ip }),
    scriptRequest({ time: at(901), src_ip }),
    scriptRequest({ time: at(902), src_ip, host: 'other.example', tls_sni: 'other.example' }),
  ]);
  const sessions = (await sessionFeatures(store, window)).filter((row) => row.src_ip === src_ip);
  expect(sessions.map(({ tls_stack, host }) => `${tls_stack} ${host}`).sort()).toEqual([
    'stack-of-a-browser shop.example',
    'stack-of-a-script other.example',
    'stack-of-a-script shop.example',
  ]);
  for (const session of sessions) {
    expect(value(session, 'has_sec_ch_ua')).toBe(session.tls_stack === 'stack-of-a-browser' ? 1 : 0);
    expect(value(session, 'distinct_ja4_count')).toBe(2);
    expect(value(session, 'host_diversity')).toBe(2);
  }
});

test('a declared robot is named by its network', async () => {
  await insertHttpLogs(store, [scriptRequest({ time: at(1000), src_ip: '198.19.48.77' })]);
  expect(await sessionOf('198.19.48.77')).toMatchObject({ bot_name: 'Testbed Crawler', asn_number: 64513 });
});

test('Firefox without hints, a tablet, and header names in other cases are no mismatch', async () => {
  const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0';
  await insertHttpLogs(store, [
    browserRequest({
      time: at(1100),
      src_ip: '198.18.17.1',
      header_user_agent: firefox,
      header_sec_ch_ua: '',
      header_sec_ch_ua_mobile: '',
      header_sec_ch_ua_platform: '',
      client_headers: 'Host,User-Agent,ACCEPT-LANGUAGE,Referer,COOKIE,X-Cookie-Law',
      header_accept_language: '',
      header_referer: '',
      ip_meta_ttl: 120,
    }),
    browserRequest({
      time: at(1100),
      src_ip: '198.18.17.2',
      header_user_agent:
        'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36',
      header_sec_ch_ua_platform: '"Android"',
    }),
    browserRequest({ time: at(1100), src_ip: '198.18.17.3', client_headers: 'host,x-cookie-law,x-referer' }),
    browserRequest({
      time: at(1100),
      src_ip: '198.18.17.4',
      header_sec_ch_ua_platform: '"Windows"',
      header_sec_ch_ua_mobile: '?1',
    }),
    browserRequest({ time: at(1100), src_ip: '198.18.17.5', header_sec_ch_ua: '"Chromium";v="120"' }),
  ]);
  const one = await sessionOf('198.18.17.1');
  expect(value(one, 'ua_ch_mismatch')).toBe(0);
  expect(value(one, 'has_accept_language')).toBe(1);
  expect(value(one, 'has_cookie')).toBe(1);
  expect(value(one, 'direct_access_ratio')).toBe(0);
  expect(value(one, 'os_ttl_mismatch_ratio')).toBe(0);
  const tablet = await sessionOf('198.18.17.2');
  expect(value(tablet, 'ua_ch_mismatch')).toBe(0);
  expect(value(tablet, 'sec_ch_mobile_mismatch')).toBe(0);
  expect(value(await sessionOf('198.18.17.3'), 'has_cookie')).toBe(0);
  const liar = await sessionOf('198.18.17.4');
  expect(value(liar, 'ua_ch_mismatch')).toBe(1);
  expect(value(liar, 'sec_ch_mobile_mismatch')).toBe(1);
  expect(value(await sessionOf('198.18.17.5'), 'ua_ch_mismatch')).toBe(1);
});

test('the order of header names is one for all pages of a client, whatever varies by request', async () => {
  const src_ip = '198.18.17.9';
  const page = (client_headers: string) => browserRequest({ time: at(1200), src_ip, client_headers });
  await insertHttpLogs(store, [
    page('host,user-agent,accept,accept-language'),
    page('host,user-agent,accept,referer,accept-language,cookie,if-none-match,sec-fetch-user,content-length'),
    page('Host,Range,User-Agent,Accept,Cache-Control,Accept-Language,Origin'),
  ]);
  expect(value(await sessionOf(src_ip), 'distinct_header_orders')).toBe(1);
  await insertHttpLogs(store, [page('host,accept,user-agent,accept-language')]);
  expect(value(await sessionOf(src_ip), 'distinct_header_orders')).toBe(2);
});

test('HTTP/1 after an offer of h2 counts as far as others on the host speak h2', async () => {
  const request = (i: number, http_version: string, host: string) =>
    browserRequest({ time: at(1300 + i), src_ip: `198.18.33.${i}`, host, http_version, tls_sni: host });
  await insertHttpLogs(store, [
    ...[1, 2, 3, 4].map((i) => request(i, 'HTTP/2', 'h2.example')),
    request(5, 'HTTP/1.1', 'h2.example'),
    ...[6, 7].map((i) => request(i, 'HTTP/1.1', 'old.example')),
    { ...request(8, 'HTTP/2', 'h2.example'), tls_alpn_offered: ['http/1.1'] },
  ]);
  expect(value(await sessionOf('198.18.33.1'), 'alpn_http_mismatch')).toBe(0);
  expect(value(await sessionOf('198.18.33.5'), 'alpn_http_mismatch')).toBe(1);
  expect(value(await sessionOf('198.18.33.6'), 'alpn_http_mismatch')).toBe(0);
  expect(value(await sessionOf('198.18.33.8'), 'alpn_http_mismatch')).toBe(1);
});

test('every feature of every session lies in its declared range', async () => {
  const sessions = await sessionFeatures(store, { from: new Date(base.getTime() - hourMs), to: new Date() });
  expect(sessions.length).toBeGreaterThan(15);
  for (const session of sessions) {
    expect(session.features.length).toBe(features.length);
    for (const { name, range } of features) {
      const found = value(session, name) ?? Number.NaN;
      if (Number.isNaN(found)) continue;
      expect(found, name).toBeGreaterThanOrEqual(range[0]);
      expect(found, name).toBeLessThanOrEqual(range[1]);
    }
  }
});

test('view_ai_features_1h shows the sessions of this hour and the last, features under their names', async () => {
  await insertHttpLogs(store, [
    scriptRequest({ time: Date.now() * 1000, src_ip: '198.19.0.99', status_code: 404 }),
  ]);
  const result = await store.client.query({
    query: "SELECT * FROM ja4_processing.view_ai_features_1h WHERE src_ip = toIPv6('198.19.0.99')",
    format: 'JSONEachRow',
  });
  const [row] = await result.json<Record<string, unknown>>();
  expect(row).toMatchObject({
    tls_stack: 'stack-of-a-script',
    not_found_ratio: 1,
    hits: 1,
    cadence_cv: null,
  });
  for (const name of byName.keys()) expect(row, name).toHaveProperty(name);
});
