-- Every service writes its counters every 10 s: the dashboard needs nothing but the store to show losses,
-- queues and lag. Counters are totals since the service started; started_at tells a restart from a reset.
CREATE TABLE IF NOT EXISTS ja4_processing.service_metrics
(
    recorded_at DateTime64(3, 'UTC'),
    service LowCardinality(String),
    instance LowCardinality(String),
    started_at DateTime64(3, 'UTC'),
    counters Map(LowCardinality(String), Float64)
)
ENGINE = MergeTree
PARTITION BY toDate(recorded_at)
ORDER BY (service, instance, recorded_at)
TTL toDateTime(recorded_at) + INTERVAL 7 DAY
SETTINGS ttl_only_drop_parts = 1;
