-- The visitors that somebody should look at, most urgent first, one row per address, without their reasons
-- (newest-verdicts). Addresses of at least {fewest} networks (/24 and /64) that have one client stack, one level and
-- the same kind of claim are one row, that of the most unusual of them: a program on many addresses would fill the
-- list.
WITH
    visitors AS
    (
        SELECT
            src_ip,
            argMin((tls_stack, host, model_name), (rank, -anomaly_score)) AS main,
            argMin(first_ua, (rank, -anomaly_score)) AS main_ua,
            argMin(threat_level, (rank, -anomaly_score)) AS level,
            argMin(anomaly_score, (rank, -anomaly_score)) AS score,
            argMin(hits, (rank, -anomaly_score)) AS requests,
            any(asn_number) AS main_asn,
            min(rank) AS best_rank,
            uniqExact(tls_stack) AS own_stacks,
            max(last_seen) AS seen,
            max(provisional) AS is_provisional
        FROM
        (
            SELECT
                src_ip, tls_stack, host, model_name, threat_level, anomaly_score, hits, last_seen, provisional, detected_at, asn_number, first_ua,
                if(indexOf({levels:Array(String)}, threat_level) = 0, 99, indexOf({levels:Array(String)}, threat_level)) AS rank
            FROM ja4_processing.ml_all_scores
            WHERE last_seen >= {from:DateTime64(3)} AND first_seen <= {to:DateTime64(3)}
            ORDER BY detected_at DESC
            LIMIT 1 BY src_ip, tls_stack, host, model_name
        )
        GROUP BY src_ip
        HAVING has({urgent:Array(String)}, level)
    ),
    claiming AS
    (
        SELECT
            *,
            multiIf(trimBoth(main_ua) = '', 'nothing', match(substringUTF8(main_ua, 1, 512), {robot_pattern:String}), 'program', match(substringUTF8(main_ua, 1, 512), {browser_pattern:String}), 'browser', 'program') AS main_says
        FROM visitors
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
        FROM claiming
        WINDOW same AS (PARTITION BY best_rank, main.1, main_says)
    )
SELECT
    toString(src_ip) AS stored_ip,
    replaceRegexpOne(toString(src_ip), '^::ffff:(\\d+\\.\\d+\\.\\d+\\.\\d+)$', '\\1') AS ip,
    level,
    score,
    main.1 AS stack,
    main.2 AS main_host,
    main.3 AS model,
    main_says AS says,
    main_ua AS user_agent,
    main.1 != '' AND kin_networks >= {fewest:UInt32} AS is_group,
    if(is_group, kin_visitors, 1) AS visitors,
    if(is_group, kin_operators, 1) AS operators,
    requests AS main_requests,
    if(is_group, kin_requests, requests) AS all_requests,
    if(is_group, kin_seen, seen) AS last_seen_time,
    is_provisional
FROM kin
WHERE NOT is_group OR place = 1
ORDER BY best_rank, if(is_group, kin_visitors, 0) DESC, score DESC, requests DESC, src_ip
LIMIT {limit:UInt32}
