-- The visitors that somebody should look at, most urgent first, one row per address.
SELECT
    replaceRegexpOne(toString(src_ip), '^::ffff:(\\d+\\.\\d+\\.\\d+\\.\\d+)$', '\\1') AS ip,
    argMin(threat_level, (rank, -anomaly_score)) AS level,
    max(anomaly_score) AS score,
    argMin(reasons, (rank, -anomaly_score)) AS main_reasons,
    argMin(first_ua, (rank, -anomaly_score)) AS user_agent,
    argMin(host, (rank, -anomaly_score)) AS main_host,
    argMin(browser_family, (rank, -anomaly_score)) AS family,
    argMin(features, (rank, -anomaly_score)) AS main_features,
    sum(hits) AS requests,
    max(last_seen) AS seen,
    max(provisional) AS is_provisional,
    any(asn_number) AS asn,
    any(asn_org) AS network,
    any(country_code) AS country
FROM
(
    SELECT
        src_ip, tls_stack, host, model_name, threat_level, anomaly_score, reasons, first_ua, browser_family,
        features, hits, last_seen, provisional, asn_number, asn_org, country_code,
        if(indexOf({levels:Array(String)}, threat_level) = 0, 99, indexOf({levels:Array(String)}, threat_level)) AS rank
    FROM ja4_processing.ml_all_scores
    WHERE last_seen >= {from:DateTime64(3)} AND first_seen <= {to:DateTime64(3)}
    ORDER BY detected_at DESC
    LIMIT 1 BY src_ip, tls_stack, host, model_name
)
GROUP BY src_ip
HAVING has({urgent:Array(String)}, level)
ORDER BY min(rank), score DESC, requests DESC, ip
LIMIT {limit:UInt32}
