-- The same facts for half the price of an insert. What was measured is in docs/decisions/0014.

-- A row of RowBinary is parsed value by value, and a value of a LowCardinality column costs ten times a text's
-- there. The correlator inserts texts; whole columns of them become LowCardinality in mv_http_logs.
ALTER TABLE ja4_logs.http_logs_raw
    MODIFY COLUMN source String,
    MODIFY COLUMN server_id String,
    MODIFY COLUMN sensor_id String,
    MODIFY COLUMN transport String,
    MODIFY COLUMN orphan_side String,
    MODIFY COLUMN method String,
    MODIFY COLUMN scheme String,
    MODIFY COLUMN host String,
    MODIFY COLUMN http_version String,
    MODIFY COLUMN client_headers_order String,
    MODIFY COLUMN headers Map(String, String),
    MODIFY COLUMN tcp_meta_options String,
    MODIFY COLUMN tls_version String,
    MODIFY COLUMN tls_sni String,
    MODIFY COLUMN tls_alpn String,
    MODIFY COLUMN tls_alpn_offered Array(String);

-- What clients repeat from request to request is kept once per part: sorted, written and looked at by the
-- aggregations as numbers. A client that varies it on purpose costs what a text costs, and a little more.
ALTER TABLE ja4_logs.http_logs
    MODIFY COLUMN client_headers LowCardinality(String),
    MODIFY COLUMN header_user_agent LowCardinality(String),
    MODIFY COLUMN header_accept LowCardinality(String),
    MODIFY COLUMN header_accept_encoding LowCardinality(String),
    MODIFY COLUMN header_accept_language LowCardinality(String),
    MODIFY COLUMN header_content_type LowCardinality(String),
    MODIFY COLUMN header_sec_ch_ua LowCardinality(String),
    MODIFY COLUMN header_sec_ch_ua_mobile LowCardinality(String),
    MODIFY COLUMN header_sec_ch_ua_platform LowCardinality(String),
    MODIFY COLUMN header_sec_fetch_dest LowCardinality(String),
    MODIFY COLUMN header_sec_fetch_mode LowCardinality(String),
    MODIFY COLUMN header_sec_fetch_site LowCardinality(String),
    MODIFY COLUMN h2_fingerprint LowCardinality(String),
    MODIFY COLUMN h2_settings_fp LowCardinality(String),
    MODIFY COLUMN h2_pseudo_order LowCardinality(String),
    MODIFY COLUMN ja4 LowCardinality(String),
    MODIFY COLUMN ja4_r LowCardinality(String),
    MODIFY COLUMN tls_stack LowCardinality(String),
    MODIFY COLUMN conn_id String CODEC(ZSTD(1)),
    MODIFY COLUMN b_conn_id String CODEC(ZSTD(1)),
    MODIFY COLUMN path String CODEC(ZSTD(1)),
    MODIFY COLUMN query String CODEC(ZSTD(1)),
    MODIFY COLUMN header_x_request_id String CODEC(ZSTD(1)),
    MODIFY COLUMN header_x_trace_id String CODEC(ZSTD(1)),
    MODIFY COLUMN header_x_forwarded_for String CODEC(ZSTD(1)),
    MODIFY COLUMN header_referer String CODEC(ZSTD(1)),
    MODIFY COLUMN headers Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    MODIFY COLUMN ja3 String CODEC(ZSTD(1)),
    MODIFY COLUMN ja3_hash String CODEC(ZSTD(1));

-- A part that was just inserted keeps all columns in one file. Three hundred files for each took half of the time
-- of an insert, and every one of them has to be synced. Merged parts are larger and have a file per column.
-- To merge a row once costs as much as to insert it: parts wait until a dozen of a size are there.
ALTER TABLE ja4_logs.http_logs MODIFY SETTING min_bytes_for_wide_part = 268435456, merge_selector_base = 12;
ALTER TABLE ja4_processing.agg_host_ip_ja4_1h
    MODIFY SETTING min_bytes_for_wide_part = 67108864, merge_selector_base = 12;
ALTER TABLE ja4_processing.agg_header_fingerprint_1h
    MODIFY SETTING min_bytes_for_wide_part = 67108864, merge_selector_base = 12;
ALTER TABLE ja4_processing.agg_requests_1s
    MODIFY SETTING min_bytes_for_wide_part = 67108864, merge_selector_base = 12;

-- Functions of a LowCardinality column alone are computed once per distinct value of an insert, lookups included.
ALTER TABLE ja4_logs.mv_http_logs MODIFY QUERY
WITH
    toLowCardinality(raw.tls_stack) AS stack,
    toLowCardinality(raw.ja4) AS fingerprint,
    toLowCardinality(raw.h2_fingerprint) AS preface,
    toLowCardinality(raw.header_sec_fetch_dest) AS fetch_dest,
    toLowCardinality(raw.method) AS verb,
    dictGetOrDefault('ja4_processing.dict_iplocate_asn', ('asn', 'country_code', 'name', 'org', 'domain'),
        raw.src_ip, (toUInt32(0), '', '', '', '')) AS network,
    dictGetOrDefault('ja4_processing.dict_browser_ja4', 'context', stack, '') != '' AS known_by_stack,
    dictGetOrDefault('ja4_processing.dict_bot_ip', 'bot_name', raw.src_ip, '') AS bot_by_network,
    lower(arrayElement(splitByChar('.', raw.path), -1)) IN (
        'avif', 'css', 'eot', 'gif', 'ico', 'jpeg', 'jpg', 'js', 'map', 'mjs', 'mp3', 'mp4', 'otf', 'png', 'svg',
        'ttf', 'wasm', 'webm', 'webmanifest', 'webp', 'woff', 'woff2') AS has_asset_name
SELECT
    raw.* REPLACE (
        stack AS tls_stack, fingerprint AS ja4, preface AS h2_fingerprint,
        fetch_dest AS header_sec_fetch_dest, verb AS method),
    network.1 AS src_asn,
    network.2 AS src_country_code,
    network.3 AS src_as_name,
    network.4 AS src_org,
    network.5 AS src_domain,
    dictGetOrDefault('ja4_processing.dict_asn_reputation', 'label', toUInt64(network.1), '') AS asn_label,
    if(bot_by_network != '', bot_by_network,
        dictGetOrDefault('ja4_processing.dict_bot_ja4', 'bot_name', fingerprint, '')) AS bot_name,
    if(known_by_stack, dictGetOrDefault('ja4_processing.dict_browser_ja4', 'browser_family', stack, ''),
        dictGetOrDefault('ja4_processing.dict_browser_ja4', 'browser_family', fingerprint, '')) AS browser_family,
    if(known_by_stack, dictGetOrDefault('ja4_processing.dict_browser_ja4', 'tls_library', stack, ''),
        dictGetOrDefault('ja4_processing.dict_browser_ja4', 'tls_library', fingerprint, '')) AS tls_library,
    dictGetOrDefault('ja4_processing.dict_browser_h2', 'browser_family', preface, '') AS h2_browser_family,
    -- What the client says the response is for decides; without Sec-Fetch-Dest the name of the path does.
    multiIf(
        fetch_dest IN ('document', 'iframe', 'frame', 'embed', 'object'), 1,
        fetch_dest != '', 0,
        verb IN ('GET', 'HEAD', 'POST') AND NOT has_asset_name) AS is_document,
    has_asset_name OR fetch_dest IN (
        'audio', 'font', 'image', 'manifest', 'script', 'style', 'track', 'video', 'worker', 'serviceworker',
        'sharedworker', 'audioworklet', 'paintworklet', 'xslt') AS is_asset
FROM ja4_logs.http_logs_raw AS raw;

-- The order of header names is looked at once per distinct list of names, so it need not be left out anywhere.
ALTER TABLE ja4_processing.mv_agg_header_fingerprint_1h MODIFY QUERY
WITH
    concat(',', lower(log.client_headers), ',') AS names,
    log.client_headers != '' AS named,
    cityHash64(replaceRegexpAll(names,
        ',(host|connection|cookie|referer|range|origin|authorization|pragma|cache-control|(if|content|sec-fetch)-[a-z-]+)\\b', ''))
        AS order_hash,
    substringIndex(substring(log.header_user_agent, position(log.header_user_agent, 'Chrome/') + 7, 5), '.', 1)
        AS chrome_version,
    trim(BOTH '"' FROM log.header_sec_ch_ua_platform) AS hinted,
    multiIf(
        position(log.header_user_agent, 'Windows NT') > 0, 'Windows',
        position(log.header_user_agent, 'Android') > 0, 'Android',
        multiSearchAny(log.header_user_agent, ['iPhone', 'iPad']), 'iOS',
        position(log.header_user_agent, 'Macintosh') > 0, 'macOS',
        position(log.header_user_agent, 'CrOS') > 0, 'Chrome OS',
        position(log.header_user_agent, 'Linux') > 0, 'Linux',
        '') AS claimed
SELECT
    toStartOfHour(log.time) AS window_start,
    log.src_ip AS src_ip,
    log.tls_stack AS tls_stack,
    log.host AS host,
    max(log.stored_at) AS stored_at,
    count() AS requests,
    countIf(named) AS count_named,
    sum(if(named, countSubstrings(names, ',') - 1, 0)) AS header_count,
    max(if(named AND log.is_document, order_hash, 0)) AS header_order_hash,
    uniqCombinedIfState(12)(order_hash, named AND log.is_document) AS distinct_header_orders,
    countIf(log.header_accept_language != '' OR position(names, ',accept-language,') > 0) AS has_accept_language,
    countIf(position(names, ',cookie,') > 0) AS has_cookie,
    countIf(log.header_referer != '' OR position(names, ',referer,') > 0) AS has_referer,
    countIf(log.scheme != 'http') AS count_secure,
    sum(multiIf(log.scheme = 'http', 0, log.header_sec_ch_ua != '', 100, log.header_sec_fetch_site != '', 70, 0))
        AS modern_browser_score,
    countIf(log.header_sec_ch_ua != '') AS has_sec_ch_ua,
    -- Only Blink sends hints: their absence says nothing, and a browser that sends them agrees with its own
    -- User-Agent in system and version.
    countIf(
        (hinted NOT IN ('', 'Unknown') AND claimed != '' AND hinted != claimed
            AND NOT (hinted = 'Chromium OS' AND claimed = 'Chrome OS'))
        OR (log.header_sec_ch_ua != '' AND position(log.header_user_agent, 'Chrome/') = 0)
        OR (log.header_sec_ch_ua != '' AND position(log.header_sec_ch_ua,
            concat('v="', chrome_version, '"')) = 0)) AS ua_ch_mismatch,
    -- `?0` with Android is a tablet.
    countIf(log.header_sec_ch_ua_mobile = '?1' AND hinted IN ('Windows', 'macOS', 'Linux', 'Chrome OS'))
        AS sec_ch_mobile_mismatch,
    countIf(log.header_sec_fetch_mode = 'navigate') AS count_navigate,
    countIf(log.header_sec_fetch_mode = 'navigate'
        AND log.header_sec_fetch_dest NOT IN ('document', 'iframe', 'frame', 'embed', 'object')) AS count_fake_navigate
FROM ja4_logs.http_logs AS log
WHERE log.orphan_side != 'B'
GROUP BY window_start, src_ip, tls_stack, host;
