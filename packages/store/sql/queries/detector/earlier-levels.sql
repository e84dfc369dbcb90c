-- The level each visitor had last, for the hysteresis between levels.
SELECT
    if(position(toString(src_ip), '::ffff:') = 1, substring(toString(src_ip), 8), toString(src_ip)) AS src_ip,
    tls_stack,
    host,
    model_name,
    argMax(anomaly_score, detected_at) AS anomaly_score,
    argMax(threat_level, detected_at) AS threat_level
FROM ja4_processing.ml_all_scores
WHERE detected_at >= {since:DateTime('UTC')} AND detected_at < {until:DateTime('UTC')}
GROUP BY src_ip, tls_stack, host, model_name
