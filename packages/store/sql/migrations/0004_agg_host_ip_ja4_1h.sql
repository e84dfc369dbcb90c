-- What a visitor did in an hour, aggregated as requests arrive, so that a detection cycle reads sessions and
-- not requests. The key holds the JA4 and the client stack: one browser has several JA4s but one stack.
--
-- Unknown is not zero: facts of the SYN are counted only where a SYN was seen (count_syn), of the handshake
-- only where there was one (count_correlated), of the status only where the server told it (count_status).
-- Distinct counts are uniqCombined(12): exact when few, within about 2 % when many, and small.
CREATE TABLE IF NOT EXISTS ja4_processing.agg_host_ip_ja4_1h
(
    window_start DateTime('UTC'),
    src_ip IPv6,
    ja4 String,
    host LowCardinality(String),
    tls_stack String,
    stored_at SimpleAggregateFunction(max, DateTime('UTC')),
    src_asn SimpleAggregateFunction(any, UInt32),
    src_country_code SimpleAggregateFunction(any, LowCardinality(String)),
    src_as_name SimpleAggregateFunction(any, LowCardinality(String)),
    src_org SimpleAggregateFunction(any, LowCardinality(String)),
    src_domain SimpleAggregateFunction(any, LowCardinality(String)),
    first_seen SimpleAggregateFunction(min, DateTime('UTC')),
    last_seen SimpleAggregateFunction(max, DateTime('UTC')),
    first_ua SimpleAggregateFunction(any, String),
    hits SimpleAggregateFunction(sum, UInt64),
    count_correlated SimpleAggregateFunction(sum, UInt64),
    correlated_raw SimpleAggregateFunction(max, UInt8),
    orphan_count SimpleAggregateFunction(sum, UInt64),
    -- Requests
    count_post SimpleAggregateFunction(sum, UInt64),
    count_head SimpleAggregateFunction(sum, UInt64),
    count_assets SimpleAggregateFunction(sum, UInt64),
    count_documents SimpleAggregateFunction(sum, UInt64),
    count_no_referer SimpleAggregateFunction(sum, UInt64),
    count_generic_accept SimpleAggregateFunction(sum, UInt64),
    count_http10 SimpleAggregateFunction(sum, UInt64),
    count_http2 SimpleAggregateFunction(sum, UInt64),
    count_http_scheme SimpleAggregateFunction(sum, UInt64),
    count_no_sec_fetch SimpleAggregateFunction(sum, UInt64),
    count_no_accept_enc SimpleAggregateFunction(sum, UInt64),
    count_xff SimpleAggregateFunction(sum, UInt64),
    count_unusual_ct SimpleAggregateFunction(sum, UInt64),
    count_non_std_port SimpleAggregateFunction(sum, UInt64),
    count_login_post SimpleAggregateFunction(sum, UInt64),
    uniq_paths AggregateFunction(uniqCombined(12), String),
    uniq_query_params AggregateFunction(uniqCombinedIf(12), String, UInt8),
    uniq_ua AggregateFunction(uniqCombined(12), String),
    url_depth_variance AggregateFunction(varPop, Float64),
    -- Answers
    count_status SimpleAggregateFunction(sum, UInt64),
    count_4xx SimpleAggregateFunction(sum, UInt64),
    count_5xx SimpleAggregateFunction(sum, UInt64),
    count_404 SimpleAggregateFunction(sum, UInt64),
    -- 401, 403, 429
    count_denied SimpleAggregateFunction(sum, UInt64),
    bytes_sent SimpleAggregateFunction(sum, UInt64),
    -- Connections
    unique_src_ports AggregateFunction(uniqCombined(12), UInt16),
    unique_conn_id AggregateFunction(uniqCombined(12), String),
    max_keepalives SimpleAggregateFunction(max, UInt32),
    -- TLS
    uniq_ja3 AggregateFunction(uniqCombined(12), String),
    tls12_count SimpleAggregateFunction(sum, UInt64),
    count_resumption SimpleAggregateFunction(sum, UInt64),
    count_no_alpn SimpleAggregateFunction(sum, UInt64),
    -- Requests of handshakes that offered h2, those of them that then spoke it, and HTTP/2 without an offer.
    count_h2_offered SimpleAggregateFunction(sum, UInt64),
    count_h2_negotiated SimpleAggregateFunction(sum, UInt64),
    count_h2_unoffered SimpleAggregateFunction(sum, UInt64),
    count_sni SimpleAggregateFunction(sum, UInt64),
    count_sni_mismatch SimpleAggregateFunction(sum, UInt64),
    -- HTTP/2; '' when it was never spoken
    h2_fingerprint SimpleAggregateFunction(max, String),
    h2_pseudo_order SimpleAggregateFunction(max, String),
    -- IP and TCP of the SYN; -1, 0 or '' when none was seen
    count_syn SimpleAggregateFunction(sum, UInt64),
    tcp_fp_raw SimpleAggregateFunction(max, UInt64),
    tcp_win_raw SimpleAggregateFunction(max, Int32),
    tcp_scale_raw SimpleAggregateFunction(max, Int16),
    tcp_mss_raw SimpleAggregateFunction(max, Int32),
    tcp_ttl_raw SimpleAggregateFunction(max, Int16),
    avg_ttl AggregateFunction(avgIf, Float64, UInt8),
    ttl_var AggregateFunction(varPopIf, Float64, UInt8),
    ip_df_var AggregateFunction(varPopIf, Float64, UInt8),
    total_ip_length_var AggregateFunction(varPopIf, Float64, UInt8),
    avg_syn_ms AggregateFunction(avgIf, Float64, UInt8),
    tcp_jitter_variance AggregateFunction(varPopIf, Float64, UInt8),
    -- IPv4 only: IPv6 has no identification field
    count_ip_id SimpleAggregateFunction(sum, UInt64),
    ip_id_zero_count SimpleAggregateFunction(sum, UInt64),
    mss_1460_count SimpleAggregateFunction(sum, UInt64),
    count_no_wscale SimpleAggregateFunction(sum, UInt64),
    count_anomalous_payload SimpleAggregateFunction(sum, UInt64),
    -- Requests whose client names a system, and those of them whose TTL another system starts with
    count_os_claim SimpleAggregateFunction(sum, UInt64),
    count_os_ttl_mismatch SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(window_start)
-- One visitor is found fast too: a day has only 24 values of the first column.
ORDER BY (window_start, src_ip, ja4, host, tls_stack)
TTL stored_at + INTERVAL 7 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ja4_processing.mv_agg_host_ip_ja4_1h
TO ja4_processing.agg_host_ip_ja4_1h AS
WITH
    log.has_syn = 1 AS syn,
    log.correlated AND log.tls_stack != '' AS tls,
    has(log.tls_alpn_offered, 'h2') AS h2_offered,
    log.http_version = 'HTTP/2' AS is_h2,
    position(log.header_user_agent, 'Windows NT') > 0 AS claims_windows,
    NOT claims_windows
        AND multiSearchAny(log.header_user_agent, ['Macintosh', 'iPhone', 'iPad', 'Android', 'Linux', 'CrOS'])
        AS claims_unix
SELECT
    toStartOfHour(log.time) AS window_start,
    log.src_ip AS src_ip,
    log.ja4 AS ja4,
    log.host AS host,
    log.tls_stack AS tls_stack,
    max(log.stored_at) AS stored_at,
    any(log.src_asn) AS src_asn,
    any(log.src_country_code) AS src_country_code,
    any(log.src_as_name) AS src_as_name,
    any(log.src_org) AS src_org,
    any(log.src_domain) AS src_domain,
    min(toDateTime(log.time)) AS first_seen,
    max(toDateTime(log.time)) AS last_seen,
    any(log.header_user_agent) AS first_ua,
    count() AS hits,
    countIf(log.correlated = 1) AS count_correlated,
    max(log.correlated) AS correlated_raw,
    -- A visitor behind a trusted proxy has no handshake of its own, and is no orphan.
    countIf(log.orphan_side = 'A') AS orphan_count,
    countIf(log.method = 'POST') AS count_post,
    countIf(log.method = 'HEAD') AS count_head,
    countIf(log.is_asset) AS count_assets,
    countIf(log.is_document) AS count_documents,
    countIf(log.is_document AND log.header_referer = ''
        AND position(concat(',', lower(log.client_headers), ','), ',referer,') = 0) AS count_no_referer,
    -- A browser lists types when it asks for a page; `*/*` is what it sends for parts of one.
    countIf(log.is_document AND log.header_accept IN ('', '*/*')) AS count_generic_accept,
    countIf(log.http_version = 'HTTP/1.0') AS count_http10,
    countIf(is_h2) AS count_http2,
    countIf(log.scheme = 'http') AS count_http_scheme,
    -- Browsers leave Sec-Fetch out on plain HTTP.
    countIf(log.header_sec_fetch_site = '' AND log.scheme != 'http') AS count_no_sec_fetch,
    countIf(log.header_accept_encoding = '') AS count_no_accept_enc,
    countIf(log.header_x_forwarded_for != '') AS count_xff,
    countIf(log.method = 'POST' AND log.header_content_type != '' AND NOT multiSearchAnyCaseInsensitive(
        log.header_content_type, ['form-urlencoded', 'multipart', 'json', 'xml', 'text/plain', 'grpc', 'protobuf']))
        AS count_unusual_ct,
    countIf(log.dst_port NOT IN (80, 443, 8080, 8443)) AS count_non_std_port,
    countIf(log.method = 'POST' AND multiSearchAnyCaseInsensitive(
        log.path, ['login', 'signin', 'auth', 'token', 'session', 'connect'])) AS count_login_post,
    uniqCombinedState(12)(log.path) AS uniq_paths,
    uniqCombinedIfState(12)(log.query, log.query != '') AS uniq_query_params,
    uniqCombinedState(12)(log.header_user_agent) AS uniq_ua,
    varPopState(toFloat64(countSubstrings(log.path, '/'))) AS url_depth_variance,
    countIf(log.status_code > 0) AS count_status,
    countIf(log.status_code BETWEEN 400 AND 499) AS count_4xx,
    countIf(log.status_code >= 500) AS count_5xx,
    countIf(log.status_code = 404) AS count_404,
    countIf(log.status_code IN (401, 403, 429)) AS count_denied,
    sum(log.response_size) AS bytes_sent,
    uniqCombinedState(12)(log.src_port) AS unique_src_ports,
    uniqCombinedState(12)(log.conn_id) AS unique_conn_id,
    max(log.keepalives) AS max_keepalives,
    uniqCombinedState(12)(log.ja3_hash) AS uniq_ja3,
    countIf(log.tls_version = '1.2') AS tls12_count,
    countIf(log.tls_resumption = 1) AS count_resumption,
    countIf(tls AND empty(log.tls_alpn_offered)) AS count_no_alpn,
    countIf(h2_offered) AS count_h2_offered,
    countIf(h2_offered AND is_h2) AS count_h2_negotiated,
    countIf(tls AND is_h2 AND NOT h2_offered) AS count_h2_unoffered,
    countIf(log.tls_sni != '') AS count_sni,
    countIf(log.tls_sni != '' AND lower(log.tls_sni) != lower(substringIndex(log.host, ':', 1))) AS count_sni_mismatch,
    max(log.h2_fingerprint) AS h2_fingerprint,
    max(log.h2_pseudo_order) AS h2_pseudo_order,
    countIf(syn) AS count_syn,
    max(if(syn, cityHash64(log.tcp_meta_window_size, log.tcp_meta_mss, log.tcp_meta_window_scale,
        log.tcp_meta_options), 0)) AS tcp_fp_raw,
    max(log.tcp_meta_window_size) AS tcp_win_raw,
    max(log.tcp_meta_window_scale) AS tcp_scale_raw,
    max(log.tcp_meta_mss) AS tcp_mss_raw,
    max(log.ip_meta_ttl) AS tcp_ttl_raw,
    avgIfState(toFloat64(log.ip_meta_ttl), log.ip_meta_ttl > 0) AS avg_ttl,
    varPopIfState(toFloat64(log.ip_meta_ttl), log.ip_meta_ttl > 0) AS ttl_var,
    varPopIfState(toFloat64(log.ip_meta_df), log.ip_meta_df >= 0) AS ip_df_var,
    varPopIfState(toFloat64(log.ip_meta_total_length), log.ip_meta_total_length > 0) AS total_ip_length_var,
    avgIfState(toFloat64(log.syn_to_clienthello_ms), log.syn_to_clienthello_ms >= 0) AS avg_syn_ms,
    varPopIfState(toFloat64(log.syn_to_clienthello_ms), log.syn_to_clienthello_ms >= 0) AS tcp_jitter_variance,
    countIf(log.ip_meta_id >= 0) AS count_ip_id,
    countIf(log.ip_meta_id = 0) AS ip_id_zero_count,
    countIf(log.tcp_meta_mss = 1460) AS mss_1460_count,
    countIf(syn AND log.tcp_meta_window_scale < 0) AS count_no_wscale,
    -- No options at all, or more bytes than the longest possible header (IPv4 20 or IPv6 40, TCP 60): data in
    -- the SYN. Lengths as such say nothing: 52 is Windows, 60 Linux, 64 macOS.
    countIf(syn AND (log.tcp_meta_options = '' OR log.ip_meta_total_length >
        if(log.peer_ip BETWEEN toIPv6('::ffff:0.0.0.0') AND toIPv6('::ffff:255.255.255.255'), 80, 100))) AS count_anomalous_payload,
    countIf(log.ip_meta_ttl > 0 AND (claims_windows OR claims_unix)) AS count_os_claim,
    -- Windows starts at 128, all others in use by people at 64, and no path is 64 hops long.
    countIf((claims_windows AND log.ip_meta_ttl BETWEEN 1 AND 64) OR (claims_unix AND log.ip_meta_ttl > 64))
        AS count_os_ttl_mismatch
FROM ja4_logs.http_logs AS log
-- A handshake without a request (side B) is no request.
WHERE log.orphan_side != 'B'
GROUP BY window_start, src_ip, ja4, host, tls_stack;
