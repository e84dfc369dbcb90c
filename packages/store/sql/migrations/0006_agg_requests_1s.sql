-- Requests per second of a visitor, for its pace: peaks, pauses, spread over time. A second that is split over
-- several inserts adds up here, which a maximum inside one insert could not. Only the hours that a detection
-- cycle reads are kept.
CREATE TABLE IF NOT EXISTS ja4_processing.agg_requests_1s
(
    second DateTime('UTC') CODEC(Delta, ZSTD(1)),
    -- sipHash64(src_ip, tls_stack, host): the visitor, in 8 bytes
    session UInt64 CODEC(ZSTD(1)),
    stored_at SimpleAggregateFunction(max, DateTime('UTC')),
    hits SimpleAggregateFunction(sum, UInt64),
    documents SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(second)
ORDER BY (toStartOfHour(second), session, second)
TTL stored_at + INTERVAL 2 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ja4_processing.mv_agg_requests_1s
TO ja4_processing.agg_requests_1s AS
SELECT
    toDateTime(log.time) AS second,
    sipHash64(log.src_ip, log.tls_stack, toString(log.host)) AS session,
    max(log.stored_at) AS stored_at,
    count() AS hits,
    countIf(log.is_document) AS documents
FROM ja4_logs.http_logs AS log
WHERE log.orphan_side != 'B'
GROUP BY second, session;
