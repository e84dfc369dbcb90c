-- The newest verdict of every session that was active in a span.
SELECT
    if(position(toString(src_ip), '::ffff:') = 1, substring(toString(src_ip), 8), toString(src_ip)) AS src_ip,
    tls_stack,
    host,
    model_name,
    toFloat64(anomaly_score) AS anomaly_score,
    threat_level,
    first_ua,
    asn_label,
    browser_family,
    toFloat64(axis_ja4_known) AS axis_ja4_known,
    mode,
    mapApply((name, value) -> (toString(name), toFloat64(value)), features) AS features
FROM
(
    SELECT * FROM ja4_processing.ml_all_scores
    WHERE last_seen >= {from:DateTime('UTC')} AND first_seen <= {to:DateTime('UTC')}
    ORDER BY detected_at DESC
    LIMIT 1 BY src_ip, tls_stack, host, model_name
)
ORDER BY src_ip, tls_stack, host, model_name
