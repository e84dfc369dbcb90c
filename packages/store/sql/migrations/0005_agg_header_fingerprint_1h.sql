-- How a visitor's requests were written, per client stack and host: a browser behind a shared address must not
-- lend its headers to the robots there. Counts, not flags, so that one good request does not vouch for the rest.
-- Header names are compared as whole tokens without regard to case (HTTP/2 sends them in lower case).
CREATE TABLE IF NOT EXISTS ja4_processing.agg_header_fingerprint_1h
(
    window_start DateTime('UTC'),
    src_ip IPv6,
    tls_stack String,
    host LowCardinality(String),
    stored_at SimpleAggregateFunction(max, DateTime('UTC')),
    requests SimpleAggregateFunction(sum, UInt64),
    -- Requests whose header names are known
    count_named SimpleAggregateFunction(sum, UInt64),
    header_count SimpleAggregateFunction(sum, UInt64),
    -- Order of header names of pages, without those that vary from request to request or by HTTP version; 0 when
    -- unknown
    header_order_hash SimpleAggregateFunction(max, UInt64),
    distinct_header_orders AggregateFunction(uniqCombinedIf(12), UInt64, UInt8),
    has_accept_language SimpleAggregateFunction(sum, UInt64),
    has_cookie SimpleAggregateFunction(sum, UInt64),
    has_referer SimpleAggregateFunction(sum, UInt64),
    -- Client hints and Sec-Fetch come over TLS only
    count_secure SimpleAggregateFunction(sum, UInt64),
    modern_browser_score SimpleAggregateFunction(sum, UInt64),
    has_sec_ch_ua SimpleAggregateFunction(sum, UInt64),
    ua_ch_mismatch SimpleAggregateFunction(sum, UInt64),
    sec_ch_mobile_mismatch SimpleAggregateFunction(sum, UInt64),
    -- Requests with Sec-Fetch-Mode: navigate, and those of them for something that is not navigated to
    count_navigate SimpleAggregateFunction(sum, UInt64),
    count_fake_navigate SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(window_start)
ORDER BY (window_start, src_ip, tls_stack, host)
TTL stored_at + INTERVAL 7 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ja4_processing.mv_agg_header_fingerprint_1h
TO ja4_processing.agg_header_fingerprint_1h AS
WITH
    concat(',', lower(log.client_headers), ',') AS names,
    log.client_headers != '' AS named,
    -- An empty text where the order is not needed: the expression is the dearest of the view.
    cityHash64(replaceRegexpAll(if(log.is_document, names, ''),
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
