-- The detector's last cycles.
SELECT
    recorded_at,
    cycle_id,
    model_name,
    model_version,
    mode,
    n_sessions,
    n_baseline,
    n_excluded,
    anomaly_rate,
    correlation_rate,
    latency_ms,
    timings
FROM ja4_processing.ml_performance_metrics
WHERE recorded_at >= {from:DateTime64(3)} AND recorded_at <= {to:DateTime64(3)}
ORDER BY recorded_at DESC, model_name
LIMIT {limit:UInt32}
