-- Other addresses that share the client stack ({relation} = 'stack') or the network ('network') of one.
SELECT
    ip,
    level AS threat_level,
    score AS anomaly_score,
    asn AS asn_number,
    network AS asn_org,
    requests AS hits,
    seen AS last_seen,
    user_agent AS first_ua,
    count() OVER () AS total
FROM
(
    SELECT
        replaceRegexpOne(toString(src_ip), '^::ffff:(\\d+\\.\\d+\\.\\d+\\.\\d+)$', '\\1') AS ip,
        argMin(threat_level, (rank, -anomaly_score)) AS level,
        max(anomaly_score) AS score,
        any(asn_number) AS asn,
        any(asn_org) AS network,
        sum(hits) AS requests,
        max(last_seen) AS seen,
        argMin(first_ua, (rank, -anomaly_score)) AS user_agent,
        min(rank) AS best_rank
    FROM
    (
        SELECT
            src_ip, tls_stack, host, model_name, threat_level, anomaly_score, asn_number, asn_org, hits, last_seen, first_ua,
            if(indexOf({levels:Array(String)}, threat_level) = 0, 99, indexOf({levels:Array(String)}, threat_level)) AS rank
        FROM ja4_processing.ml_all_scores
        WHERE last_seen >= {from:DateTime64(3)} AND first_seen <= {to:DateTime64(3)}
          AND src_ip != toIPv6({ip:String})
          AND if({relation:String} = 'stack', has({stacks:Array(String)}, tls_stack), asn_number = {asn:UInt32})
        ORDER BY detected_at DESC
        LIMIT 1 BY src_ip, tls_stack, host, model_name
    )
    GROUP BY src_ip
    ORDER BY best_rank, score DESC, requests DESC, ip
)
LIMIT {limit:UInt32}
