-- Each run of each service in a span of time: its counters when first and last reported in it. The start is
-- worked out anew for every report and wavers by milliseconds, so runs are told apart by the second (the caller
-- puts those together that a change of second has split).
SELECT
    service,
    instance,
    min(started_at) AS run_started_at,
    min(recorded_at) AS first_report,
    max(recorded_at) AS last_report,
    argMin(counters, recorded_at) AS first_counters,
    argMax(counters, recorded_at) AS last_counters
FROM ja4_processing.service_metrics
WHERE recorded_at >= {from:DateTime64(3)} AND recorded_at <= {to:DateTime64(3)}
GROUP BY service, instance, toStartOfSecond(started_at)
ORDER BY service, instance, run_started_at
LIMIT 2000
