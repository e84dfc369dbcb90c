-- The visitors that somebody should look at, most urgent first, one row per address. The few are chosen by light
-- columns first; only their reasons are read.
WITH
    newest AS
    (
        SELECT
            src_ip, tls_stack, host, model_name, threat_level, anomaly_score, hits, last_seen, provisional, detected_at,
            if(indexOf({levels:Array(String)}, threat_level) = 0, 99, indexOf({levels:Array(String)}, threat_level)) AS rank
        FROM ja4_processing.ml_all_scores
        WHERE last_seen >= {from:DateTime64(3)} AND first_seen <= {to:DateTime64(3)}
        ORDER BY detected_at DESC
        LIMIT 1 BY src_ip, tls_stack, host, model_name
    ),
    chosen AS
    (
        SELECT
            src_ip,
            argMin((tls_stack, host, model_name, detected_at), (rank, -anomaly_score)) AS main,
            argMin(threat_level, (rank, -anomaly_score)) AS level,
            min(rank) AS best_rank,
            max(anomaly_score) AS score,
            sum(hits) AS requests,
            max(last_seen) AS seen,
            max(provisional) AS is_provisional
        FROM newest
        GROUP BY src_ip
        HAVING has({urgent:Array(String)}, level)
        ORDER BY best_rank, score DESC, requests DESC, src_ip
        LIMIT {limit:UInt32}
    )
SELECT
    replaceRegexpOne(toString(src_ip), '^::ffff:(\\d+\\.\\d+\\.\\d+\\.\\d+)$', '\\1') AS ip,
    level,
    score,
    verdict.reasons AS main_reasons,
    verdict.first_ua AS user_agent,
    verdict.host AS main_host,
    verdict.browser_family AS family,
    requests,
    seen,
    is_provisional,
    verdict.asn_number AS asn,
    verdict.asn_org AS network,
    verdict.country_code AS country
FROM chosen
INNER JOIN
(
    SELECT src_ip, tls_stack, host, model_name, detected_at, reasons, first_ua, browser_family, asn_number, asn_org, country_code
    FROM ja4_processing.ml_all_scores
    WHERE src_ip IN (SELECT src_ip FROM chosen)
    LIMIT 1 BY src_ip, tls_stack, host, model_name, detected_at
) AS verdict
ON verdict.src_ip = chosen.src_ip AND (verdict.tls_stack, verdict.host, verdict.model_name, verdict.detected_at) = chosen.main
ORDER BY best_rank, score DESC, requests DESC, ip
