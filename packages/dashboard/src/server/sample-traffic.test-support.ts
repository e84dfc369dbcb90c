import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  absentHttpLogRow,
  connectStore,
  type HttpLogRow,
  insertDetectorRows,
  insertHttpLogs,
  migrate,
  readStorePassword,
  recordMetrics,
  type Store,
  startEngine,
} from '@ja4/store';
import { pino } from 'pino';

/** What an attacker writes wherever a value reaches a page. */
export const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>\'';

const chromeAgent =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';

export const silent = pino({ level: 'silent' });

export interface TestStore {
  readonly store: Store;
  readonly url: string;
  readonly dataDir: string;
  /** A second, empty pair of databases in the same engine. */
  readonly emptyStore: Store;
  close(): Promise<void>;
}

/** The real engine in a folder of its own, migrated. */
export async function startTestStore(): Promise<TestStore> {
  const dataDir = mkdtempSync(join(tmpdir(), 'ja4-dashboard-'));
  const engine = await startEngine({ dataDir, port: 0, log: silent });
  const password = readStorePassword(dataDir);
  const store = connectStore({ url: engine.url, password });
  const databases = { logs: 'empty_ja4_logs', processing: 'empty_ja4_processing' };
  const emptyStore = connectStore({ url: engine.url, password, databases });
  await migrate(store);
  await migrate(emptyStore);
  return {
    store,
    emptyStore,
    url: engine.url,
    dataDir,
    close: async () => {
      await store.close();
      await emptyStore.close();
      await engine.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const ja4 = 't13d1516h2_8daaf6152771_02713d6af862';

/** A request as the correlator would store it; `minutesAgo` before `now`. */
function requestRow(now: number, minutesAgo: number, values: Partial<HttpLogRow>): HttpLogRow {
  return {
    ...absentHttpLogRow(),
    time: (now - minutesAgo * 60_000) * 1000,
    source: 'apache',
    server_id: 'web1',
    transport: 'tcp',
    src_ip: '198.18.16.5',
    peer_ip: values.src_ip ?? '198.18.16.5',
    src_port: 40_000,
    conn_id: 'c1',
    correlated: 1,
    method: 'GET',
    scheme: 'https',
    host: 'shop.example',
    http_version: 'HTTP/2',
    path: '/',
    status_code: 200,
    response_size: 1234,
    header_user_agent: chromeAgent,
    tls_version: '1.3',
    tls_alpn: 'h2',
    tls_alpn_offered: ['h2', 'http/1.1'],
    ja4,
    tls_stack: 't13x1512xx_8daaf6152771_02713d6af862',
    has_syn: 1,
    ip_meta_ttl: 57,
    tcp_meta_window_size: 64_240,
    tcp_meta_mss: 1460,
    tcp_meta_window_scale: 7,
    tcp_meta_options: 'MSS,SACK,TS,NOP,WS',
    h2_fingerprint: '2:0;4:4194304;6:10485760|1073741824|0|a,m,p,s',
    h2_pseudo_order: 'a,m,p,s',
    ...values,
  };
}

/** A verdict as the detector would write it. */
function verdictRow(now: number, values: Record<string, unknown>) {
  const second = Math.floor(now / 1000);
  return {
    detected_at: second,
    window_start: second - (second % 3600),
    src_ip: '198.18.16.5',
    tls_stack: 't13x1512xx_8daaf6152771_02713d6af862',
    ja4,
    host: 'shop.example',
    anomaly_score: 0.3,
    raw_anomaly_score: 0.3,
    threat_level: 'NORMAL',
    model_name: 'Complet',
    mode: 'full',
    correlated: 1,
    asn_number: 64_500,
    asn_org: 'Testbed Access North',
    country_code: 'FR',
    asn_label: 'human',
    first_seen: second - 1800,
    last_seen: second - 60,
    first_ua: chromeAgent,
    hits: 40,
    reason: 'asset_ratio=0.01 (+0.2)',
    reasons: [
      { feature: 'asset_ratio', value: 0, baseline_low: 0.3, baseline_high: 0.9, contribution: 0.5 },
      { feature: 'not_found_ratio', value: 0.61, baseline_low: 0, baseline_high: 0.02, contribution: 0.3 },
      { feature: 'has_cookie', value: 1, baseline_low: 0, baseline_high: 1, contribution: -0.05 },
    ],
    features: { asset_ratio: 0, not_found_ratio: 0.61, has_cookie: 1 },
    ...values,
  };
}

/**
 * People, robots and bots, and one visitor whose every field is markup. Addresses: 198.18.16.1–30 people,
 * 198.19.0.9 a scanner (CRITICAL), 198.19.0.10 a scraper (HIGH), 198.19.48.1 a crawler, 2001:db8:16::7 hostile.
 */
export async function insertSampleTraffic(store: Store, now: number): Promise<void> {
  const people = Array.from({ length: 30 }, (_, person) => ({ src_ip: `198.18.16.${person + 1}`, person }));
  const requests = [
    ...people.flatMap(({ src_ip, person }) => [
      requestRow(now, 30 - person * 0.7, { src_ip, path: '/', header_sec_fetch_dest: 'document' }),
      requestRow(now, 30 - person * 0.7, { src_ip, path: '/style.css', header_sec_fetch_dest: 'style' }),
    ]),
    ...Array.from({ length: 80 }, (_, index) =>
      requestRow(now, 10 + index * 0.05, {
        src_ip: '198.19.0.9',
        path: `/wp-${index}.php`,
        status_code: index % 3 === 0 ? 200 : 404,
        src_port: 41_000 + index,
      }),
    ),
    requestRow(now, 5, {
      src_ip: '198.19.0.10',
      header_user_agent: 'python-requests/2.31.0',
      method: 'POST',
      path: '/login',
    }),
    requestRow(now, 4, {
      src_ip: '2001:db8:16::7',
      method: hostile,
      host: hostile,
      path: `/${hostile}`,
      query: hostile,
      http_version: hostile,
      header_user_agent: hostile,
      header_accept_language: hostile,
      header_sec_ch_ua: hostile,
      header_sec_ch_ua_platform: hostile,
      client_headers: hostile,
      h2_fingerprint: hostile,
      h2_pseudo_order: hostile,
      tls_version: hostile,
      tls_alpn_offered: [hostile],
      tcp_meta_options: hostile,
      ja4: hostile,
      ja4_r: hostile,
      tls_stack: hostile,
    }),
  ];
  const odd = [`/${'ä'.repeat(3000)}`, `/${'\u{1f600}'.repeat(600)}`, '/\ufffd\u0000\u202e'];
  for (const [index, path] of odd.entries()) {
    requests.push(requestRow(now, 3, { src_ip: `198.18.17.${index}`, path, header_user_agent: path }));
  }
  await insertHttpLogs(store, requests, `sample-${now}`);
  const verdicts = [
    ...people.map(({ src_ip, person }) =>
      verdictRow(now, {
        src_ip,
        anomaly_score: person / 100,
        threat_level: person % 4 === 0 ? 'LEGITIMATE_BROWSER' : 'NORMAL',
        browser_family: 'Chromium',
        browser_confidence: 0.8,
        hits: person + 1,
      }),
    ),
    verdictRow(now, {
      src_ip: '198.19.0.9',
      anomaly_score: 0.97,
      threat_level: 'CRITICAL',
      hits: 80,
      asn_number: 64_510,
      asn_org: 'Testbed Hosting',
      asn_label: 'hosting',
    }),
    verdictRow(now, {
      src_ip: '198.19.0.10',
      anomaly_score: 0.84,
      threat_level: 'HIGH',
      first_ua: 'python-requests/2.31.0',
      hits: 1,
      model_name: 'Applicatif',
      correlated: 0,
    }),
    verdictRow(now, {
      src_ip: '198.19.48.1',
      anomaly_score: 0.7,
      threat_level: 'KNOWN_BOT',
      bot_name: 'Testbed Crawler',
    }),
    verdictRow(now, {
      src_ip: '2001:db8:16::7',
      anomaly_score: 0.91,
      threat_level: 'CRITICAL',
      ...Object.fromEntries(
        [
          'tls_stack',
          'ja4',
          'host',
          'browser_family',
          'asn_org',
          'country_code',
          'asn_label',
          'first_ua',
          'reason',
          'mode',
          'asn_detail',
          'asn_domain',
        ].map((name) => [name, hostile]),
      ),
      reasons: [{ feature: hostile, value: 1, baseline_low: 0, baseline_high: 0, contribution: 0.4 }],
      features: { [hostile]: 1 },
    }),
  ];
  await insertDetectorRows(store, 'ml_all_scores', verdicts);
  await insertDetectorRows(
    store,
    'ml_detected_anomalies',
    verdicts.filter(({ anomaly_score }) => Number(anomaly_score) >= 0.65),
  );
  await recordMetrics(store, 'correlator', { rows_stored: 140, rows_lost: 3, http_events: 143 });
}

/** Stack of Go's TLS library, as `insertSharedAddress` uses it. */
export const goStack = 't13x1908xx_9dc949149365_97f8aa674fd9';

/**
 * One address with a person's browser (40 requests, LEGITIMATE) and a program behind it that says it is Chrome
 * (5 requests, CRITICAL), as behind a provider's shared address.
 */
export async function insertSharedAddress(store: Store, now: number, src_ip: string): Promise<void> {
  const program = { src_ip, tls_stack: goStack, ja4: 't13d1910h2_9dc949149365_97f8aa674fd9' };
  const ofPrograms = { h2_fingerprint: '2:0;4:4194304;6:10485760|1073741824|0|a,m,p,s' };
  const ofBrowsers = {
    h2_fingerprint: '1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p',
    h2_pseudo_order: 'm,a,s,p',
    header_sec_fetch_mode: 'navigate',
    ip_meta_ttl: 120,
    tcp_meta_options: 'MSS,NOP,WS,NOP,NOP,SACK',
  };
  await insertHttpLogs(
    store,
    [
      ...Array.from({ length: 40 }, (_, index) =>
        requestRow(now, 20 - index * 0.2, { src_ip, path: `/read/${index}.css`, ...ofBrowsers }),
      ),
      ...Array.from({ length: 5 }, (_, index) =>
        requestRow(now, 9 - index * 0.1, { path: `/steal/${index}`, ...ofPrograms, ...program }),
      ),
    ],
    `shared-${now}`,
  );
  await insertDetectorRows(store, 'ml_all_scores', [
    verdictRow(now, {
      src_ip,
      threat_level: 'LEGITIMATE_BROWSER',
      browser_family: 'Chromium',
      features: { distinct_ja4_count: 2 },
    }),
    verdictRow(now, {
      ...program,
      threat_level: 'CRITICAL',
      anomaly_score: 0.94,
      hits: 5,
      features: { distinct_ja4_count: 2 },
    }),
  ]);
}

/** Verdicts about sessions that say they are `userAgent`, one per address, on one client stack. */
export async function insertVerdicts(
  store: Store,
  now: number,
  addresses: readonly string[],
  values: { userAgent: string; level: string; score: number; tls_stack?: string },
): Promise<void> {
  const verdicts = addresses.map((src_ip) =>
    verdictRow(now, {
      src_ip,
      tls_stack: values.tls_stack ?? goStack,
      threat_level: values.level,
      anomaly_score: values.score,
      first_ua: values.userAgent,
    }),
  );
  await insertDetectorRows(store, 'ml_all_scores', verdicts);
  await insertDetectorRows(store, 'ml_detected_anomalies', verdicts);
}
