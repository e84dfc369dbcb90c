-- One row per visitor session (src_ip, tls_stack, host) of a window, with every feature of the catalogue.
-- Put in by src/session-view.ts: conditions on an hour where it says `window`, and the catalogue's expressions
-- over the columns of `facts` at the end.
-- A session is compared with the others of the window through small aggregations of their own (by_…): window
-- functions over the wide rows took ten times the memory.
WITH
    -- Addresses are counted by /24 and /64: one visitor owns a whole IPv6 /64.
    (address) -> IPv6CIDRToRange(address, if(
        address BETWEEN toIPv6('::ffff:0.0.0.0') AND toIPv6('::ffff:255.255.255.255'), 120, 64)).1 AS source_of,
    header AS
    (
        SELECT
            h.src_ip AS header_ip, h.tls_stack AS header_stack, h.host AS header_host,
            sum(h.requests) AS header_requests,
            sum(h.count_named) AS count_named,
            sum(h.header_count) AS header_names,
            max(h.header_order_hash) AS header_order_hash,
            uniqCombinedIfMerge(12)(h.distinct_header_orders) AS distinct_header_orders,
            sum(h.has_accept_language) AS count_accept_language,
            sum(h.has_cookie) AS count_cookie,
            sum(h.has_referer) AS count_referer,
            sum(h.count_secure) AS count_secure,
            sum(h.modern_browser_score) AS modern_browser_points,
            sum(h.has_sec_ch_ua) AS count_sec_ch_ua,
            sum(h.ua_ch_mismatch) AS count_ua_ch_mismatch,
            sum(h.sec_ch_mobile_mismatch) AS count_sec_ch_mobile_mismatch,
            sum(h.count_navigate) AS count_navigate,
            sum(h.count_fake_navigate) AS count_fake_navigate
        FROM ja4_processing.agg_header_fingerprint_1h AS h
        WHERE {{window:h.window_start}}
        GROUP BY h.src_ip, h.tls_stack, h.host
    ),
    -- Requests of a visitor per second, then per minute, then over the window.
    pace AS
    (
        SELECT
            session AS paced_session,
            max(peak) AS max_requests_per_sec,
            log2(sum(minute_hits)) - sum(minute_hits * log2(minute_hits)) / sum(minute_hits) AS temporal_entropy,
            sum(minute_documents) AS paced_documents,
            arraySort(groupArrayArray(1024)(document_seconds)) AS moments,
            arrayPopFront(arrayDifference(moments)) AS gaps,
            length(moments) AS document_seconds_count,
            moments[-1] - moments[1] AS document_span,
            arraySum(gap -> gap * gap, gaps) AS squared_gaps,
            arrayCount(gap -> gap > 5, gaps) AS pauses
        FROM
        (
            SELECT
                session,
                toStartOfMinute(second) AS minute,
                max(second_hits) AS peak,
                sum(second_hits) AS minute_hits,
                sum(second_documents) AS minute_documents,
                groupArrayIf(toInt64(toUnixTimestamp(second)), second_documents > 0) AS document_seconds
            FROM
            (
                SELECT session, second, sum(hits) AS second_hits, sum(documents) AS second_documents
                FROM ja4_processing.agg_requests_1s
                WHERE {{window:toStartOfHour(second)}}
                GROUP BY session, second
            )
            GROUP BY session, minute
        )
        GROUP BY session
    ),
    session AS
    (
        SELECT
            a.src_ip AS src_ip, a.tls_stack AS tls_stack, a.host AS host,
            max(a.window_start) AS window_start,
            any(a.src_asn) AS src_asn,
            any(a.src_country_code) AS country_code,
            any(a.src_as_name) AS as_name,
            any(a.src_org) AS asn_org,
            any(a.src_domain) AS asn_domain,
            min(a.first_seen) AS first_seen,
            max(a.last_seen) AS last_seen,
            argMin(a.first_ua, a.first_seen) AS first_ua,
            sum(a.hits) AS hits,
            sum(a.count_correlated) AS count_correlated,
            sum(a.orphan_count) AS orphan_count,
            sum(a.count_post) AS count_post,
            sum(a.count_head) AS count_head,
            sum(a.count_assets) AS count_assets,
            sum(a.count_documents) AS count_documents,
            sum(a.count_no_referer) AS count_no_referer,
            sum(a.count_generic_accept) AS count_generic_accept,
            sum(a.count_http10) AS count_http10,
            sum(a.count_http2) AS count_http2,
            sum(a.count_http_scheme) AS count_http_scheme,
            sum(a.count_no_sec_fetch) AS count_no_sec_fetch,
            sum(a.count_no_accept_enc) AS count_no_accept_enc,
            sum(a.count_xff) AS count_xff,
            sum(a.count_unusual_ct) AS count_unusual_ct,
            sum(a.count_non_std_port) AS count_non_std_port,
            sum(a.count_login_post) AS count_login_post,
            uniqCombinedMerge(12)(a.uniq_paths) AS uniq_paths,
            uniqCombinedIfMerge(12)(a.uniq_query_params) AS uniq_query_params,
            uniqCombinedMerge(12)(a.uniq_ua) AS uniq_ua,
            varPopMerge(a.url_depth_variance) AS url_depth_variance,
            sum(a.count_status) AS count_status,
            sum(a.count_4xx) AS count_4xx,
            sum(a.count_5xx) AS count_5xx,
            sum(a.count_404) AS count_404,
            sum(a.count_denied) AS count_denied,
            uniqCombinedMerge(12)(a.unique_src_ports) AS unique_src_ports,
            uniqCombinedMerge(12)(a.unique_conn_id) AS unique_conn_id,
            max(a.max_keepalives) AS max_keepalives,
            uniqCombinedMerge(12)(a.uniq_ja3) AS uniq_ja3,
            sum(a.tls12_count) AS tls12_count,
            sum(a.count_resumption) AS count_resumption,
            sum(a.count_no_alpn) AS count_no_alpn,
            sum(a.count_h2_offered) AS count_h2_offered,
            sum(a.count_h2_negotiated) AS count_h2_negotiated,
            sum(a.count_h2_unoffered) AS count_h2_unoffered,
            sum(a.count_sni) AS count_sni,
            sum(a.count_sni_mismatch) AS count_sni_mismatch,
            max(a.h2_fingerprint) AS h2_fingerprint,
            max(a.h2_pseudo_order) AS h2_pseudo_order,
            sum(a.count_syn) AS count_syn,
            max(a.tcp_fp_raw) AS tcp_fp,
            max(a.tcp_win_raw) AS tcp_win,
            max(a.tcp_scale_raw) AS tcp_scale,
            max(a.tcp_mss_raw) AS tcp_mss,
            avgIfMerge(a.avg_ttl) AS avg_ttl,
            varPopIfMerge(a.ttl_var) AS ttl_var,
            varPopIfMerge(a.ip_df_var) AS ip_df_var,
            varPopIfMerge(a.total_ip_length_var) AS total_ip_length_var,
            avgIfMerge(a.avg_syn_ms) AS avg_syn_ms,
            varPopIfMerge(a.tcp_jitter_variance) AS tcp_jitter_variance,
            sum(a.count_ip_id) AS count_ip_id,
            sum(a.ip_id_zero_count) AS ip_id_zero_count,
            sum(a.count_no_wscale) AS count_no_wscale,
            sum(a.count_anomalous_payload) AS count_anomalous_payload,
            sum(a.count_os_claim) AS count_os_claim,
            sum(a.count_os_ttl_mismatch) AS count_os_ttl_mismatch
        FROM ja4_processing.agg_host_ip_ja4_1h AS a
        WHERE {{window:a.window_start}}
        GROUP BY a.src_ip, a.tls_stack, a.host
    ),
    -- The JA4 of most requests.
    usual_ja4 AS
    (
        SELECT ja4_ip, ja4_stack, ja4_host, argMax(ja4, ja4_hits) AS ja4
        FROM
        (
            SELECT src_ip AS ja4_ip, tls_stack AS ja4_stack, host AS ja4_host, ja4, sum(hits) AS ja4_hits
            FROM ja4_processing.agg_host_ip_ja4_1h
            WHERE {{window:window_start}}
            GROUP BY src_ip, tls_stack, host, ja4
        )
        GROUP BY ja4_ip, ja4_stack, ja4_host
    ),
    by_ip AS
    (
        SELECT
            src_ip AS ip,
            sum(hits) AS ip_hits,
            sum(orphan_count) AS ip_orphans,
            uniqExactIf(tls_stack, tls_stack != '') AS ip_stacks,
            uniqExact(host) AS ip_hosts
        FROM ja4_processing.agg_host_ip_ja4_1h
        WHERE {{window:window_start}}
        GROUP BY src_ip
    ),
    by_stack AS
    (
        SELECT
            stack,
            sum(asn_hits) AS stack_hits,
            max(asn_hits) AS stack_main_asn_hits,
            uniqExactArray(asn_sources) AS stack_sources
        FROM
        (
            SELECT
                tls_stack AS stack,
                src_asn,
                sum(hits) AS asn_hits,
                groupUniqArray(source_of(src_ip)) AS asn_sources
            FROM ja4_processing.agg_host_ip_ja4_1h
            WHERE {{window:window_start}}
            GROUP BY tls_stack, src_asn
        )
        GROUP BY stack
    ),
    by_stack_country AS
    (
        SELECT country_stack, max(country_hits) AS stack_main_country_hits
        FROM
        (
            SELECT tls_stack AS country_stack, src_country_code, sum(hits) AS country_hits
            FROM ja4_processing.agg_host_ip_ja4_1h
            WHERE {{window:window_start}}
            GROUP BY tls_stack, src_country_code
        )
        GROUP BY country_stack
    ),
    by_h2 AS
    (
        SELECT h2_fingerprint AS h2_key, uniqExact(source_of(src_ip)) AS h2_sources
        FROM ja4_processing.agg_host_ip_ja4_1h
        WHERE {{window:window_start}} AND h2_fingerprint != ''
        GROUP BY h2_fingerprint
    ),
    by_tcp AS
    (
        SELECT tcp_fp_raw AS tcp_key, uniqExact(src_ip) AS tcp_fp_ips
        FROM ja4_processing.agg_host_ip_ja4_1h
        WHERE {{window:window_start}} AND tcp_fp_raw != 0
        GROUP BY tcp_fp_raw
    ),
    by_order AS
    (
        SELECT header_order_hash AS order_key, uniqExact(source_of(src_ip)) AS order_sources
        FROM ja4_processing.agg_header_fingerprint_1h
        WHERE {{window:window_start}} AND header_order_hash != 0
        GROUP BY header_order_hash
    ),
    by_stack_order AS
    (
        SELECT
            tls_stack AS stack_order_stack,
            header_order_hash AS stack_order_key,
            uniqExact(source_of(src_ip)) AS stack_order_sources
        FROM ja4_processing.agg_header_fingerprint_1h
        WHERE {{window:window_start}} AND header_order_hash != 0
        GROUP BY tls_stack, header_order_hash
    ),
    by_host AS
    (
        SELECT
            host AS host_key,
            sum(count_h2_offered) AS host_h2_offered,
            sum(count_h2_negotiated) AS host_h2_negotiated
        FROM ja4_processing.agg_host_ip_ja4_1h
        WHERE {{window:window_start}}
        GROUP BY host
    ),
    everyone AS
    (
        SELECT uniqExact(source_of(src_ip)) AS sources
        FROM ja4_processing.agg_host_ip_ja4_1h
        WHERE {{window:window_start}}
    ),
    joined AS
    (
        SELECT *
        FROM session
        LEFT ANY JOIN usual_ja4 ON ja4_ip = src_ip AND ja4_stack = tls_stack AND ja4_host = host
        LEFT ANY JOIN header ON header_ip = src_ip AND header_stack = tls_stack AND header_host = host
        LEFT ANY JOIN pace ON paced_session = sipHash64(src_ip, tls_stack, toString(host))
        LEFT ANY JOIN by_ip ON ip = src_ip
        LEFT ANY JOIN by_stack ON stack = tls_stack
        LEFT ANY JOIN by_stack_country ON country_stack = tls_stack
        LEFT ANY JOIN by_h2 ON h2_key = h2_fingerprint
        LEFT ANY JOIN by_tcp ON tcp_key = tcp_fp
        LEFT ANY JOIN by_order ON order_key = header_order_hash
        LEFT ANY JOIN by_stack_order ON stack_order_stack = tls_stack AND stack_order_key = header_order_hash
        LEFT ANY JOIN by_host ON host_key = host
    ),
    facts AS
    (
        SELECT
            *,
            (SELECT sources FROM everyone) AS sources,
            dictGetOrDefault('ja4_processing.dict_browser_ja4', ('browser_family', 'client', 'tls_library', 'context'),
                tls_stack, ('', '', '', '')) AS stack_client,
            if(stack_client.4 != '', stack_client, dictGetOrDefault('ja4_processing.dict_browser_ja4',
                ('browser_family', 'client', 'tls_library', 'context'), ja4, ('', '', '', ''))) AS tls_client,
            dictGetOrDefault('ja4_processing.dict_browser_h2', ('browser_family', 'client', 'context'),
                h2_fingerprint, ('', '', '')) AS h2_client,
            tls_client.1 AS browser_family,
            tls_client.2 AS tls_client_name,
            tls_client.3 AS tls_library,
            tls_client.4 AS tls_context,
            h2_client.1 AS h2_browser_family,
            h2_client.2 AS h2_client_name,
            h2_client.3 AS h2_context,
            dictGetOrDefault('ja4_processing.dict_asn_reputation', 'label', toUInt64(src_asn), '') AS asn_label,
            dictGetOrDefault('ja4_processing.dict_bot_ip', 'bot_name', src_ip, '') AS bot_by_network,
            if(bot_by_network != '', bot_by_network,
                dictGetOrDefault('ja4_processing.dict_bot_ja4', 'bot_name', ja4, '')) AS bot_name,
            -- The engine that the User-Agent claims; every browser on iOS is WebKit. '' claims to be no browser.
            multiIf(
                multiSearchAny(first_ua, ['CriOS/', 'FxiOS/', 'EdgiOS/']), 'Safari',
                position(first_ua, 'Firefox/') > 0, 'Firefox',
                multiSearchAny(first_ua, ['Chrome/', 'Chromium/']), 'Chromium',
                position(first_ua, 'Version/') > 0 AND position(first_ua, 'Safari/') > 0, 'Safari',
                '') AS claimed_family,
            dateDiff('second', first_seen, last_seen) AS duration_s
        FROM joined
    )
SELECT
    window_start, src_ip, ja4, tls_stack, host,
    toUInt32(src_asn) AS asn_number, asn_org, as_name AS asn_detail, asn_domain, country_code, asn_label,
    bot_name, browser_family, tls_library, tls_context, h2_browser_family, h2_context, h2_fingerprint,
    claimed_family, first_ua, first_seen, last_seen,
    count_correlated / hits AS correlated_share,
    {{features}}
FROM facts
