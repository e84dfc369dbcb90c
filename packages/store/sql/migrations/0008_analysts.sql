-- What people say about visitors, and what they did. Labels do not expire: training reads them.
CREATE TABLE IF NOT EXISTS ja4_processing.classifications
(
    created_at DateTime64(3, 'UTC'),
    src_ip IPv6,
    -- '' = every stack, every host of the address.
    tls_stack String DEFAULT '',
    host LowCardinality(String) DEFAULT '',
    -- bot, legitimate, suspicious, or '' to withdraw the previous label.
    label LowCardinality(String),
    comment String DEFAULT '' CODEC(ZSTD(3)),
    user_name LowCardinality(String) DEFAULT ''
)
ENGINE = MergeTree
ORDER BY (src_ip, created_at);

CREATE TABLE IF NOT EXISTS ja4_processing.audit_logs
(
    timestamp DateTime64(3, 'UTC'),
    user_name LowCardinality(String),
    action LowCardinality(String),
    entity_type LowCardinality(String),
    entity_id String,
    classification LowCardinality(String) DEFAULT '',
    comment String DEFAULT '' CODEC(ZSTD(3)),
    details String DEFAULT '' CODEC(ZSTD(3)),
    client_ip IPv6
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (timestamp, user_name)
TTL toDateTime(timestamp) + INTERVAL 365 DAY;
