-- Visitors (addresses) of a span of time by their most urgent level, and when they were last scored.
-- {levels} lists the levels, most urgent first.
SELECT
    level AS threat_level,
    count() AS visitors,
    sum(visitor_sessions) AS sessions,
    max(visitor_scored) AS last_scored,
    max(visitor_provisional) AS provisional,
    argMax(visitor_mode, visitor_scored) AS mode
FROM
(
    SELECT
        src_ip,
        argMin(threat_level, if(indexOf({levels:Array(String)}, threat_level) = 0, 99, indexOf({levels:Array(String)}, threat_level))) AS level,
        count() AS visitor_sessions,
        max(detected_at) AS visitor_scored,
        max(provisional) AS visitor_provisional,
        argMax(mode, detected_at) AS visitor_mode
    FROM
    (
        SELECT src_ip, tls_stack, host, model_name, threat_level, detected_at, provisional, mode
        FROM ja4_processing.ml_all_scores
        WHERE last_seen >= {from:DateTime64(3)} AND first_seen <= {to:DateTime64(3)}
        ORDER BY detected_at DESC
        LIMIT 1 BY src_ip, tls_stack, host, model_name
    )
    GROUP BY src_ip
)
GROUP BY level
ORDER BY if(indexOf({levels:Array(String)}, level) = 0, 99, indexOf({levels:Array(String)}, level))
