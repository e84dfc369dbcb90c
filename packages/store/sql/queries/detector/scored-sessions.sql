-- The newest verdict of every session that was active in a span.
SELECT
    if(position(toString(src_ip), '::ffff:') = 1, substring(toString(src_ip), 8), toString(src_ip)) AS src_ip,
    tls_stack,
    host,
    model_name,
    argMax(toFloat64(anomaly_score), detected_at) AS anomaly_score,
    argMax(threat_level, detected_at) AS threat_level,
    argMax(first_ua, detected_at) AS first_ua,
    argMax(mapApply((name, value) -> (name, toFloat64(value)), features), detected_at) AS features,
    argMax(mode, detected_at) AS mode
FROM ja4_processing.ml_all_scores
WHERE last_seen >= {from:DateTime('UTC')} AND first_seen <= {to:DateTime('UTC')}
GROUP BY src_ip, tls_stack, host, model_name
ORDER BY src_ip, tls_stack, host, model_name
