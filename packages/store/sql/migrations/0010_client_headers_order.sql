-- Whether the order of client_headers is the client's: 'wire', 'server' (it moved or re-cased names), '' unknown.
ALTER TABLE ja4_logs.http_logs_raw
    ADD COLUMN IF NOT EXISTS client_headers_order LowCardinality(String) AFTER client_headers;

ALTER TABLE ja4_logs.http_logs
    ADD COLUMN IF NOT EXISTS client_headers_order LowCardinality(String) AFTER client_headers;

-- The same query as before: `raw.*` means the columns that there were when the view was made.
ALTER TABLE ja4_logs.mv_http_logs MODIFY QUERY
WITH
    dictGetOrDefault('ja4_processing.dict_iplocate_asn', ('asn', 'country_code', 'name', 'org', 'domain'),
        raw.src_ip, (toUInt32(0), '', '', '', '')) AS network,
    dictGetOrDefault('ja4_processing.dict_browser_ja4', ('browser_family', 'tls_library', 'context'),
        raw.tls_stack, ('', '', '')) AS by_stack,
    dictGetOrDefault('ja4_processing.dict_browser_ja4', ('browser_family', 'tls_library', 'context'),
        raw.ja4, ('', '', '')) AS by_ja4,
    if(by_stack.3 != '', by_stack, by_ja4) AS client,
    dictGetOrDefault('ja4_processing.dict_bot_ip', 'bot_name', raw.src_ip, '') AS bot_by_network,
    lower(arrayElement(splitByChar('.', raw.path), -1)) IN (
        'avif', 'css', 'eot', 'gif', 'ico', 'jpeg', 'jpg', 'js', 'map', 'mjs', 'mp3', 'mp4', 'otf', 'png', 'svg',
        'ttf', 'wasm', 'webm', 'webmanifest', 'webp', 'woff', 'woff2') AS has_asset_name
SELECT
    raw.*,
    network.1 AS src_asn,
    network.2 AS src_country_code,
    network.3 AS src_as_name,
    network.4 AS src_org,
    network.5 AS src_domain,
    dictGetOrDefault('ja4_processing.dict_asn_reputation', 'label', toUInt64(network.1), '') AS asn_label,
    if(bot_by_network != '', bot_by_network,
        dictGetOrDefault('ja4_processing.dict_bot_ja4', 'bot_name', raw.ja4, '')) AS bot_name,
    client.1 AS browser_family,
    client.2 AS tls_library,
    dictGetOrDefault('ja4_processing.dict_browser_h2', 'browser_family', raw.h2_fingerprint, '') AS h2_browser_family,
    -- What the client says the response is for decides; without Sec-Fetch-Dest the name of the path does.
    multiIf(
        raw.header_sec_fetch_dest IN ('document', 'iframe', 'frame', 'embed', 'object'), 1,
        raw.header_sec_fetch_dest != '', 0,
        raw.method IN ('GET', 'HEAD', 'POST') AND NOT has_asset_name) AS is_document,
    has_asset_name OR raw.header_sec_fetch_dest IN (
        'audio', 'font', 'image', 'manifest', 'script', 'style', 'track', 'video', 'worker', 'serviceworker',
        'sharedworker', 'audioworklet', 'paintworklet', 'xslt') AS is_asset
FROM ja4_logs.http_logs_raw AS raw;
