-- What each feature is here: quantiles over the newest verdicts, once for sessions nobody worries about and once
-- for those that need a look.
SELECT
    feature,
    countIf(NOT is_urgent) AS calm_sessions,
    quantilesIf(0.05, 0.5, 0.95)(value, NOT is_urgent) AS calm,
    countIf(is_urgent) AS urgent_sessions,
    quantilesIf(0.05, 0.5, 0.95)(value, is_urgent) AS urgent
FROM
(
    SELECT
        features,
        has({urgent:Array(String)}, threat_level) AS is_urgent
    FROM ja4_processing.ml_all_scores
    WHERE last_seen >= {from:DateTime64(3)} AND first_seen <= {to:DateTime64(3)}
    ORDER BY detected_at DESC
    LIMIT 1 BY src_ip, tls_stack, host, model_name
)
ARRAY JOIN mapKeys(features) AS feature, mapValues(features) AS value
WHERE isFinite(value)
GROUP BY feature
ORDER BY feature
