import { absentHttpLogRow, type HttpLogRow } from '@ja4/store';
import type { Random } from '../src/random.ts';

/** Requests shaped like those of a small shop, for tests of mechanics: what they show is not evidence of quality. */

const chromium = {
  userAgent:
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  ja4: 't13d1516h2_8daaf6152771_d8a2da3f94cd',
  stack: 't13x1514xx_8daaf6152771_d8a2da3f94cd',
  h2: '1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p',
  order: 'm,a,s,p',
  hints: '"Chromium";v="156", "Not A Brand";v="24"',
};
const firefox = {
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
  ja4: 't13d1717h2_5b57614c22b0_3cbfd9057e0d',
  stack: 't13x1715xx_5b57614c22b0_3cbfd9057e0d',
  h2: '1:65536;2:0;4:131072;5:16384|12517377|0|m,p,a,s',
  order: 'm,p,a,s',
  hints: '',
};
const curl = {
  userAgent: 'curl/8.5.0',
  ja4: 't13d3112h2_e8f1e7e78f70_b26ce05bbdd6',
  stack: 't13x3110xx_e8f1e7e78f70_b26ce05bbdd6',
  h2: '3:100;4:33554432;2:0|33488897|0|m,p,s,a',
  order: 'm,p,s,a',
  hints: '',
};
type Client = typeof chromium;

function request(client: Client, srcIp: string, srcPort: number, timeMs: number, path: string): HttpLogRow {
  const browser = client !== curl;
  const asset = /\.(css|js|png)$/.test(path);
  const names = browser
    ? `Host,User-Agent,Accept,Accept-Language,Accept-Encoding,Sec-Fetch-Dest,Sec-Fetch-Mode,Sec-Fetch-Site${client.hints && ',Sec-CH-UA'},Cookie,Referer`
    : 'Host,User-Agent,Accept';
  return {
    ...absentHttpLogRow(),
    time: Math.round(timeMs * 1000),
    source: 'apache',
    transport: 'tcp',
    src_ip: srcIp,
    peer_ip: srcIp,
    src_port: srcPort,
    dst_ip: '198.18.0.10',
    dst_port: 443,
    conn_id: `${srcIp}-${srcPort}`,
    correlated: 1,
    a_timestamp: Math.round(timeMs) * 1e6,
    b_timestamp: Math.round(timeMs) * 1e6,
    method: 'GET',
    scheme: 'https',
    host: 'shop.example',
    http_version: 'HTTP/2',
    path,
    status_code: browser ? 200 : 404,
    response_size: 2000,
    duration_ms: 3,
    client_headers: names,
    header_user_agent: client.userAgent,
    header_accept: browser && !asset ? 'text/html,application/xhtml+xml' : '*/*',
    header_accept_encoding: browser ? 'gzip, deflate, br' : '',
    header_accept_language: browser ? 'en-GB,en;q=0.5' : '',
    header_sec_ch_ua: client.hints,
    header_sec_ch_ua_platform: client.hints && '"Linux"',
    header_sec_fetch_dest: browser ? (asset ? 'script' : 'document') : '',
    header_sec_fetch_mode: browser ? (asset ? 'no-cors' : 'navigate') : '',
    header_sec_fetch_site: browser ? 'same-origin' : '',
    header_referer: browser ? 'https://shop.example/' : '',
    h2_fingerprint: client.h2,
    h2_pseudo_order: client.order,
    has_syn: 1,
    ip_meta_ttl: 64,
    ip_meta_total_length: 60,
    ip_meta_id: 1,
    ip_meta_df: 1,
    tcp_meta_window_size: 64240,
    tcp_meta_mss: 1460,
    tcp_meta_window_scale: 7,
    tcp_meta_options: 'MSS,SACK,TS,NOP,WS',
    syn_to_clienthello_ms: 0.3,
    tls_version: '1.3',
    tls_sni: 'shop.example',
    tls_alpn: 'h2',
    tls_alpn_offered: ['h2', 'http/1.1'],
    tls_resumption: 0,
    ja3: `${srcPort}`,
    ja3_hash: `${srcPort}`,
    ja4: client.ja4,
    tls_stack: client.stack,
  };
}

/** Pages with their parts and pauses to read, from `startMs` on. */
export function personRequests(random: Random, index: number, startMs: number): HttpLogRow[] {
  const client = random() < 0.3 ? firefox : chromium;
  const srcIp = `198.18.${16 + (index % 14)}.${1 + Math.floor(index / 14)}`;
  const srcPort = 20_000 + Math.floor(random() * 20_000);
  const rows: HttpLogRow[] = [];
  let at = startMs;
  for (let page = 0; page < 4 + Math.floor(random() * 8); page++) {
    rows.push(request(client, srcIp, srcPort, at, `/page/${Math.floor(random() * 40)}`));
    for (const asset of ['style.css', 'shop.js', `photo-${Math.floor(random() * 9)}.png`])
      rows.push(request(client, srcIp, srcPort, at + 40 + random() * 200, `/static/${asset}`));
    at += 3000 + random() * 40_000;
  }
  return rows;
}

/** A scanner: new connections, new paths, no pauses. */
export function scannerRequests(random: Random, index: number, startMs: number): HttpLogRow[] {
  return Array.from({ length: 60 }, (_, i) =>
    request(curl, `198.19.0.${1 + index}`, 30_000 + i, startMs + i * 150 + random() * 50, `/admin/${i}`),
  );
}
