-- One row per visitor session (src_ip, tls_stack, host) of a window, with every feature of the catalogue.
-- {{window}} is a condition on an hour, {{features}} the catalogue's expressions over the columns of `facts`.
-- Window functions and not joins compare a session with the others: the aggregation is read once.
WITH
    header AS
    (
        SELECT
            src_ip, tls_stack, host,
            sum(requests) AS header_requests,
            sum(count_named) AS count_named,
            sum(header_count) AS header_names,
            max(header_order_hash) AS header_order_hash,
            uniqCombinedIfMerge(12)(distinct_header_orders) AS distinct_header_orders,
            sum(has_accept_language) AS count_accept_language,
            sum(has_cookie) AS count_cookie,
            sum(has_referer) AS count_referer,
            sum(count_secure) AS count_secure,
            sum(modern_browser_score) AS modern_browser_points,
            sum(has_sec_ch_ua) AS count_sec_ch_ua,
            sum(ua_ch_mismatch) AS count_ua_ch_mismatch,
            sum(sec_ch_mobile_mismatch) AS count_sec_ch_mobile_mismatch,
            sum(count_navigate) AS count_navigate,
            sum(count_fake_navigate) AS count_fake_navigate
        FROM ja4_processing.agg_header_fingerprint_1h
        WHERE {{window:window_start}}
        GROUP BY src_ip, tls_stack, host
    ),
    -- Requests of a visitor per second, then per minute, then over the window.
    pace AS
    (
        SELECT
            session,
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
            src_ip, tls_stack, host,
            max(window_start) AS window_start,
            topKWeighted(1)(ja4, hits)[1] AS ja4,
            any(src_asn) AS src_asn,
            any(src_country_code) AS country_code,
            any(src_as_name) AS as_name,
            any(src_org) AS asn_org,
            any(src_domain) AS asn_domain,
            min(first_seen) AS first_seen,
            max(last_seen) AS last_seen,
            argMin(first_ua, first_seen) AS first_ua,
            sum(hits) AS hits,
            sum(count_correlated) AS count_correlated,
            sum(orphan_count) AS orphan_count,
            sum(count_post) AS count_post,
            sum(count_head) AS count_head,
            sum(count_assets) AS count_assets,
            sum(count_documents) AS count_documents,
            sum(count_no_referer) AS count_no_referer,
            sum(count_generic_accept) AS count_generic_accept,
            sum(count_http10) AS count_http10,
            sum(count_http2) AS count_http2,
            sum(count_http_scheme) AS count_http_scheme,
            sum(count_no_sec_fetch) AS count_no_sec_fetch,
            sum(count_no_accept_enc) AS count_no_accept_enc,
            sum(count_xff) AS count_xff,
            sum(count_unusual_ct) AS count_unusual_ct,
            sum(count_non_std_port) AS count_non_std_port,
            sum(count_login_post) AS count_login_post,
            uniqCombinedMerge(12)(uniq_paths) AS uniq_paths,
            uniqCombinedIfMerge(12)(uniq_query_params) AS uniq_query_params,
            uniqCombinedMerge(12)(uniq_ua) AS uniq_ua,
            varPopMerge(url_depth_variance) AS url_depth_variance,
            sum(count_status) AS count_status,
            sum(count_4xx) AS count_4xx,
            sum(count_5xx) AS count_5xx,
            sum(count_404) AS count_404,
            sum(count_denied) AS count_denied,
            uniqCombinedMerge(12)(unique_src_ports) AS unique_src_ports,
            uniqCombinedMerge(12)(unique_conn_id) AS unique_conn_id,
            max(max_keepalives) AS max_keepalives,
            uniqCombinedMerge(12)(uniq_ja3) AS uniq_ja3,
            sum(tls12_count) AS tls12_count,
            sum(count_resumption) AS count_resumption,
            sum(count_no_alpn) AS count_no_alpn,
            sum(count_h2_offered) AS count_h2_offered,
            sum(count_h2_negotiated) AS count_h2_negotiated,
            sum(count_h2_unoffered) AS count_h2_unoffered,
            sum(count_sni) AS count_sni,
            sum(count_sni_mismatch) AS count_sni_mismatch,
            max(h2_fingerprint) AS h2_fingerprint,
            max(h2_pseudo_order) AS h2_pseudo_order,
            sum(count_syn) AS count_syn,
            max(tcp_fp_raw) AS tcp_fp,
            max(tcp_win_raw) AS tcp_win,
            max(tcp_scale_raw) AS tcp_scale,
            max(tcp_mss_raw) AS tcp_mss,
            avgIfMerge(avg_ttl) AS avg_ttl,
            varPopIfMerge(ttl_var) AS ttl_var,
            varPopIfMerge(ip_df_var) AS ip_df_var,
            varPopIfMerge(total_ip_length_var) AS total_ip_length_var,
            avgIfMerge(avg_syn_ms) AS avg_syn_ms,
            varPopIfMerge(tcp_jitter_variance) AS tcp_jitter_variance,
            sum(count_ip_id) AS count_ip_id,
            sum(ip_id_zero_count) AS ip_id_zero_count,
            sum(count_no_wscale) AS count_no_wscale,
            sum(count_anomalous_payload) AS count_anomalous_payload,
            sum(count_os_claim) AS count_os_claim,
            sum(count_os_ttl_mismatch) AS count_os_ttl_mismatch
        FROM ja4_processing.agg_host_ip_ja4_1h
        WHERE {{window:window_start}}
        GROUP BY src_ip, tls_stack, host
    ),
    known AS
    (
        SELECT
            session.*,
            dictGetOrDefault('ja4_processing.dict_browser_ja4', ('browser_family', 'client', 'tls_library', 'context'),
                tls_stack, ('', '', '', '')) AS by_stack,
            if(by_stack.4 != '', by_stack, dictGetOrDefault('ja4_processing.dict_browser_ja4',
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
            dateDiff('second', first_seen, last_seen) AS duration_s,
            -- Addresses are counted by /24 and /64: one visitor owns a whole IPv6 /64.
            IPv6CIDRToRange(src_ip, if(src_ip BETWEEN toIPv6('::ffff:0.0.0.0') AND toIPv6('::ffff:255.255.255.255'),
                120, 64)).1 AS source,
            max_requests_per_sec, temporal_entropy, paced_documents, document_seconds_count, document_span,
            squared_gaps, pauses,
            header_requests, count_named, header_names, header_order_hash, distinct_header_orders,
            count_accept_language, count_cookie, count_referer, count_secure, modern_browser_points,
            count_sec_ch_ua, count_ua_ch_mismatch, count_sec_ch_mobile_mismatch, count_navigate, count_fake_navigate
        FROM session
        LEFT JOIN header ON header.src_ip = session.src_ip AND header.tls_stack = session.tls_stack
            AND header.host = session.host
        LEFT JOIN pace ON pace.session = sipHash64(session.src_ip, session.tls_stack, toString(session.host))
    ),
    compared AS
    (
        SELECT
            *,
            uniqExact(source) OVER () AS sources,
            sum(hits) OVER (PARTITION BY src_ip) AS ip_hits,
            sum(orphan_count) OVER (PARTITION BY src_ip) AS ip_orphans,
            uniqExactIf(tls_stack, tls_stack != '') OVER (PARTITION BY src_ip) AS ip_stacks,
            uniqExact(host) OVER (PARTITION BY src_ip) AS ip_hosts,
            uniqExact(source) OVER (PARTITION BY tls_stack) AS stack_sources,
            sum(hits) OVER (PARTITION BY tls_stack) AS stack_hits,
            sum(hits) OVER (PARTITION BY tls_stack, src_asn) AS stack_asn_hits,
            sum(hits) OVER (PARTITION BY tls_stack, country_code) AS stack_country_hits,
            uniqExact(source) OVER (PARTITION BY h2_fingerprint) AS h2_sources,
            uniqExact(src_ip) OVER (PARTITION BY tcp_fp) AS tcp_fp_ips,
            uniqExact(source) OVER (PARTITION BY header_order_hash) AS order_sources,
            uniqExact(source) OVER (PARTITION BY tls_stack, header_order_hash) AS stack_order_sources,
            sum(count_h2_offered) OVER (PARTITION BY host) AS host_h2_offered,
            sum(count_h2_negotiated) OVER (PARTITION BY host) AS host_h2_negotiated
        FROM known
    ),
    facts AS
    (
        SELECT
            *,
            max(stack_asn_hits) OVER (PARTITION BY tls_stack) AS stack_main_asn_hits,
            max(stack_country_hits) OVER (PARTITION BY tls_stack) AS stack_main_country_hits
        FROM compared
    )
SELECT
    window_start, src_ip, ja4, tls_stack, host,
    toUInt32(src_asn) AS asn_number, asn_org, as_name AS asn_detail, asn_domain, country_code, asn_label,
    bot_name, browser_family, tls_library, tls_context, h2_browser_family, h2_context, h2_fingerprint,
    claimed_family, first_ua, first_seen, last_seen,
    count_correlated / hits AS correlated_share,
    {{features}}
FROM facts
