-- What the detector finds. Scores are in [0, 1], 1 = most anomalous; rules set the level, never the score.
-- One row per visitor session, model and day is kept: the newest. Read with FINAL.

CREATE TABLE IF NOT EXISTS ja4_processing.ml_all_scores
(
    detected_at DateTime('UTC'),
    stored_at DateTime('UTC') DEFAULT now(),
    window_start DateTime('UTC'),
    src_ip IPv6,
    tls_stack String,
    ja4 String,
    host LowCardinality(String),
    bot_name LowCardinality(String) DEFAULT '',
    browser_family LowCardinality(String) DEFAULT '',
    anomaly_score Float32,
    raw_anomaly_score Float32,
    threat_level LowCardinality(String),
    model_name LowCardinality(String),
    mode LowCardinality(String),
    provisional UInt8 DEFAULT 0,
    correlated UInt8,
    recurrence UInt32 DEFAULT 0,
    asn_number UInt32 DEFAULT 0,
    asn_org LowCardinality(String) DEFAULT '',
    asn_detail LowCardinality(String) DEFAULT '',
    asn_domain LowCardinality(String) DEFAULT '',
    country_code LowCardinality(String) DEFAULT '',
    asn_label LowCardinality(String) DEFAULT '',
    first_seen DateTime('UTC'),
    last_seen DateTime('UTC'),
    first_ua String CODEC(ZSTD(3)),
    hits UInt64,
    hit_velocity Float32 DEFAULT 0,
    fuzzing_index Float32 DEFAULT 0,
    post_ratio Float32 DEFAULT 0,
    has_sec_ch_ua Float32 DEFAULT 0,
    axis_ja4_known Float32 DEFAULT 0,
    axis_ja4_struct Float32 DEFAULT 0,
    axis_http_modern Float32 DEFAULT 0,
    axis_nav_behavior Float32 DEFAULT 0,
    axis_tls_coherence Float32 DEFAULT 0,
    axis_h2_coherence Float32 DEFAULT 0,
    browser_confidence Float32 DEFAULT 0,
    -- The voices of the ensemble, -1 where a voice did not speak.
    eif_score Float32 DEFAULT -1,
    ae_recon_error Float32 DEFAULT -1,
    xgb_prob Float32 DEFAULT -1,
    campaign_id Int32 DEFAULT -1,
    anubis_bot_name LowCardinality(String) DEFAULT '',
    anubis_bot_action LowCardinality(String) DEFAULT '',
    anubis_bot_category LowCardinality(String) DEFAULT '',
    -- `name=value (contribution)` joined by ` | `, and the same as data with what people here do.
    reason String CODEC(ZSTD(3)),
    reasons Array(Tuple(feature String, value Float64, baseline_low Float64, baseline_high Float64, contribution Float64)) CODEC(ZSTD(3)),
    cycle_id String CODEC(ZSTD(3)),
    -- Every feature that was known; unknown ones are absent.
    features Map(LowCardinality(String), Float32) CODEC(ZSTD(3)),
    INDEX idx_detected_at detected_at TYPE minmax GRANULARITY 1,
    INDEX idx_threat_level threat_level TYPE set(8) GRANULARITY 1,
    INDEX idx_bot_name bot_name TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(detected_at)
PARTITION BY toDate(detected_at)
-- The stack and not JA4 names the visitor: resumption gives one browser several JA4s.
ORDER BY (src_ip, tls_stack, host, model_name)
TTL stored_at + INTERVAL 7 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

-- The sessions above the threshold, same columns and indexes.
CREATE TABLE IF NOT EXISTS ja4_processing.ml_detected_anomalies AS ja4_processing.ml_all_scores
ENGINE = ReplacingMergeTree(detected_at)
PARTITION BY toDate(detected_at)
ORDER BY (src_ip, tls_stack, host, model_name)
TTL stored_at + INTERVAL 7 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

-- Sessions that training left out, for people to read: poison and mistakes both show here.
CREATE TABLE IF NOT EXISTS ja4_processing.ml_excluded_sessions
(
    detected_at DateTime('UTC'),
    cycle_id String CODEC(ZSTD(3)),
    model_name LowCardinality(String),
    stored_at DateTime('UTC') DEFAULT now(),
    window_start DateTime('UTC'),
    src_ip IPv6,
    tls_stack String,
    ja4 String,
    host LowCardinality(String),
    -- Why: a rule's name, or the measure that was too low.
    reason LowCardinality(String),
    fingerprint_coherence_score Float32,
    hits UInt64,
    features Map(LowCardinality(String), Float32) CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(detected_at)
PARTITION BY toDate(detected_at)
ORDER BY (src_ip, tls_stack, host, model_name)
TTL stored_at + INTERVAL 7 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

-- A row per model and cycle.
CREATE TABLE IF NOT EXISTS ja4_processing.ml_performance_metrics
(
    recorded_at DateTime('UTC'),
    cycle_id String CODEC(ZSTD(3)),
    model_name LowCardinality(String),
    model_version String DEFAULT '',
    mode LowCardinality(String),
    n_sessions UInt32,
    n_baseline UInt32,
    n_excluded UInt32 DEFAULT 0,
    anomaly_rate Float32,
    drift_rate Float32 DEFAULT -1,
    correlation_rate Float32,
    latency_ms Float32,
    -- Steps of the cycle in ms, sessions per level, anything else a model reports.
    timings Map(LowCardinality(String), Float32),
    levels Map(LowCardinality(String), UInt32),
    measures Map(LowCardinality(String), Float64)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(recorded_at)
ORDER BY (model_name, recorded_at)
TTL recorded_at + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 1000;
