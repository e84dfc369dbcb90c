/** Events as they come from web servers and sensors, for fuzzing to start from. */

const peer = { src_ip: '198.18.16.5', src_port: 40_000, dst_ip: '198.18.0.10', dst_port: 443 };

const native = {
  ...{ timestamp: 1_795_000_000_123_456_000, source: 'apache', server_id: 'web1', seq: 17, dropped_total: 2 },
  ...peer,
  ...{ client_ip: '2001:db8::7', conn_id: '29a0-660b6204114e5-0', keepalives: 3, scheme: 'https' },
  ...{ method: 'GET', http_version: 'HTTP/2', status_code: 200, response_size: 5120, duration_ms: 1.25 },
  ...{ host: 'Shop.example:443', path: '/cart/\u00fc', query: 'id=7&x=%20', client_headers_order: 'wire' },
  ...{ client_headers: 'user-agent,accept,cookie,x-session', truncated: 'query' },
  ...{ 'header_User-Agent': 'Mozilla/5.0 (X11; Linux x86_64)', header_Accept: '*/*', header_DNT: '1' },
  ...{ header_Cookie: 'a=b', header_x_session: 's', 'header_Sec-CH-UA': '"Chromium";v="156"' },
  ...{ h2_fingerprint: '1:65536,4:6291456|15663105|0|m,a,s,p', h2_settings_fp: '1:65536,4:6291456' },
  ...{ h2_pseudo_order: 'm,a,s,p', h2_window_update: 15_663_105, h2_has_priority: 0 },
  ...{ h2_header_table_size: 65_536, h2_enable_push: 0, h2_initial_window_size: 6_291_456 },
};

const haproxy = {
  ...{ dialect: 'haproxy', source: 'haproxy', server_id: 'web1', accepted_ms: '1795000000803', fc_err: '0' },
  ...{ timestamp: '1795000000808228', duration_us: '1250', src_ip: '198.18.16.5', src_port: '50896' },
  ...{ client_ip: '198.18.16.5', dst_ip: '198.18.0.10', dst_port: '443', scheme: 'https' },
  ...{ conn_id: '1795000000808228-50896', keepalives: '0', http_version: 'HTTP/2.0', method: 'GET' },
  ...{
    host: 'shop.example',
    path: '/\u00c3\u00bc',
    query: 'id=7',
    status_code: '200',
    response_size: '5120',
  },
  ...{ client_headers: 'host,user-agent,accept,cookie', 'header_User-Agent': 'curl/7.88.1', header_DNT: '' },
};

const nginx = {
  ...{ dialect: 'nginx', source: 'nginx', server_id: 'web1', timestamp: '1795000000.645' },
  ...{ duration_s: '0.012', src_ip: '198.18.16.5', src_port: '38370', client_ip: '198.18.16.5' },
  ...{ dst_ip: '198.18.0.10', dst_port: '443', scheme: 'https', conn_id: '10253-1', nth_request: '3' },
  ...{ http_version: 'HTTP/1.1', method: 'GET', host: 'shop.example', path: '/cart', query: '' },
  ...{ status_code: '200', response_size: '6', 'header_User-Agent': 'curl/7.88.1', header_DNT: '' },
};

const handshake = {
  ...{ timestamp: 1_795_000_000_120_000_000, sensor_id: 's1', conn_id: 'n1', transport: 'tcp' },
  ...peer,
  ...{ has_syn: true, ip_meta_ttl: 64, ip_meta_total_length: 60, ip_meta_id: 54_321, ip_meta_df: true },
  ...{ tcp_meta_window_size: 64_240, tcp_meta_mss: 1460, tcp_meta_window_scale: 7 },
  ...{ tcp_meta_options: 'MSS,SACK,TS,NOP,WS', syn_to_clienthello_ms: 0.417, tls_version: '1.3' },
  ...{ tls_sni: 'shop.example', tls_alpn: 'h2', tls_alpn_offered: ['h2', 'http/1.1'], tls_resumption: false },
  ...{ ja3: '771,4865-4866,0-11-10,29-23,0', ja3_hash: '579ccef312d18482fc42e2b822ca2430' },
  ...{ ja4: 't13d1516h2_8daaf6152771_d8a2da3f94cd', ja4_r: 't13d1516h2_002f_0005' },
  ...{ tls_stack: 't13_8daaf6152771_d8a2da3f94cd' },
};

export const httpEventTexts: readonly string[] = [
  JSON.stringify(native),
  JSON.stringify(haproxy),
  `<190>Nov  2 13:27:28 web1 ja4[7]: ${JSON.stringify(nginx)}`,
  'Proxy shop stopped (cumulated conns: FE: 5, BE: 0).\n',
  String.raw`{"timestamp":-1,"src_ip":"::ffff:198.18.0.1","src_port":1,"method":"\ud800","path":"/\u00e4"}`,
];

export const networkEventTexts: readonly string[] = [
  JSON.stringify(handshake),
  JSON.stringify({ ...handshake, transport: 'udp', has_syn: 0, src_ip: '2001:db8::1', tls_sni: null }),
];
