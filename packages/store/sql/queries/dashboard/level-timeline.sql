-- Visitors with requests in each bucket of {seconds}, by the most urgent level of their present verdict;
-- '' = not scored (yet).
WITH verdicts AS
(
    SELECT
        src_ip,
        argMin(threat_level, if(indexOf({levels:Array(String)}, threat_level) = 0, 99, indexOf({levels:Array(String)}, threat_level))) AS level
    FROM
    (
        SELECT src_ip, tls_stack, host, model_name, threat_level
        FROM ja4_processing.ml_all_scores
        WHERE last_seen >= {from:DateTime64(3)} AND first_seen <= {to:DateTime64(3)}
        ORDER BY detected_at DESC
        LIMIT 1 BY src_ip, tls_stack, host, model_name
    )
    GROUP BY src_ip
)
SELECT
    bucket,
    level AS threat_level,
    count() AS visitors,
    sum(hits) AS requests
FROM
(
    SELECT
        toDateTime(intDiv(toUnixTimestamp(time), {seconds:UInt32}) * {seconds:UInt32}, 'UTC') AS bucket,
        src_ip,
        count() AS hits
    FROM ja4_logs.http_logs
    WHERE time >= {from:DateTime64(3)} AND time <= {to:DateTime64(3)} AND orphan_side != 'B'
    GROUP BY bucket, src_ip
) AS active
LEFT JOIN verdicts USING (src_ip)
GROUP BY bucket, level
ORDER BY bucket, level
