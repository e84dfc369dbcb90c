-- Each run of each service in a span of time: its counters when first and last reported in it.
SELECT
    service,
    instance,
    started_at,
    min(recorded_at) AS first_report,
    max(recorded_at) AS last_report,
    argMin(counters, recorded_at) AS first_counters,
    argMax(counters, recorded_at) AS last_counters
FROM ja4_processing.service_metrics
WHERE recorded_at >= {from:DateTime64(3)} AND recorded_at <= {to:DateTime64(3)}
GROUP BY service, instance, started_at
ORDER BY service, instance, started_at
LIMIT 1000
