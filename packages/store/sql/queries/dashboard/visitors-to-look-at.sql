-- The visitors that somebody should look at, most urgent first, one row per address. Addresses of at least {fewest}
-- networks (/24 and /64) that have one client stack, one level and the same kind of claim are one row, that of the
-- most unusual of them: a program on many addresses would fill the list. The few rows are chosen by light columns
-- first; only their reasons are read.
WITH
    newest AS
    (
        SELECT
            src_ip, tls_stack, host, model_name, threat_level, anomaly_score, hits, last_seen, provisional, detected_at, asn_number,
            multiIf(trimBoth(first_ua) = '', 'nothing', match(substringUTF8(first_ua, 1, 512), {robot_pattern:String}), 'program', match(substringUTF8(first_ua, 1, 512), {browser_pattern:String}), 'browser', 'program') AS says,
            if(indexOf({levels:Array(String)}, threat_level) = 0, 99, indexOf({levels:Array(String)}, threat_level)) AS rank
        FROM ja4_processing.ml_all_scores
        WHERE last_seen >= {from:DateTime64(3)} AND first_seen <= {to:DateTime64(3)}
        ORDER BY detected_at DESC
        LIMIT 1 BY src_ip, tls_stack, host, model_name
    ),
    visitors AS
    (
        SELECT
            src_ip,
            argMin((tls_stack, host, model_name, detected_at), (rank, -anomaly_score)) AS main,
            argMin(says, (rank, -anomaly_score)) AS main_says,
            argMin(threat_level, (rank, -anomaly_score)) AS level,
            any(asn_number) AS main_asn,
            min(rank) AS best_rank,
            argMin(anomaly_score, (rank, -anomaly_score)) AS score,
            argMin(hits, (rank, -anomaly_score)) AS requests,
            uniqExact(tls_stack) AS own_stacks,
            max(last_seen) AS seen,
            max(provisional) AS is_provisional
        FROM newest
        GROUP BY src_ip
        HAVING has({urgent:Array(String)}, level)
    ),
    kin AS
    (
        SELECT
            *,
            uniqExact(IPv6CIDRToRange(src_ip, if(startsWith(toString(src_ip), '::ffff:'), 120, 64)).1) OVER same AS kin_networks,
            uniqExact(main_asn) OVER same AS kin_operators,
            count() OVER same AS kin_visitors,
            sum(requests) OVER same AS kin_requests,
            max(seen) OVER same AS kin_seen,
            -- An address that it shares with others makes no good example.
            row_number() OVER (PARTITION BY best_rank, main.1, main_says ORDER BY own_stacks, score DESC, requests DESC, src_ip) AS place
        FROM visitors
        WINDOW same AS (PARTITION BY best_rank, main.1, main_says)
    ),
    chosen AS
    (
        SELECT *, main.1 != '' AND kin_networks >= {fewest:UInt32} AS is_group
        FROM kin
        WHERE NOT is_group OR place = 1
        ORDER BY best_rank, if(is_group, kin_visitors, 0) DESC, score DESC, requests DESC, src_ip
        LIMIT {limit:UInt32}
    )
SELECT
    replaceRegexpOne(toString(src_ip), '^::ffff:(\\d+\\.\\d+\\.\\d+\\.\\d+)$', '\\1') AS ip,
    level,
    score,
    main.1 AS stack,
    main_says AS says,
    if(is_group, kin_visitors, 1) AS visitors,
    if(is_group, kin_operators, 1) AS operators,
    verdict.reasons AS main_reasons,
    verdict.told AS told_features,
    verdict.first_ua AS user_agent,
    verdict.host AS main_host,
    verdict.browser_family AS family,
    requests AS main_requests,
    if(is_group, kin_requests, requests) AS all_requests,
    if(is_group, kin_seen, seen) AS last_seen_time,
    is_provisional,
    verdict.asn_number AS asn,
    verdict.asn_org AS network,
    verdict.country_code AS country
FROM chosen
INNER JOIN
(
    SELECT
        src_ip, tls_stack, host, model_name, detected_at, reasons, first_ua, browser_family, asn_number, asn_org, country_code,
        mapFilter((name, value) -> has({told:Array(String)}, name), features) AS told
    FROM ja4_processing.ml_all_scores
    WHERE src_ip IN (SELECT src_ip FROM chosen)
    LIMIT 1 BY src_ip, tls_stack, host, model_name, detected_at
) AS verdict
ON verdict.src_ip = chosen.src_ip AND (verdict.tls_stack, verdict.host, verdict.model_name, verdict.detected_at) = chosen.main
ORDER BY best_rank, if(is_group, kin_visitors, 0) DESC, score DESC, main_requests DESC, ip
