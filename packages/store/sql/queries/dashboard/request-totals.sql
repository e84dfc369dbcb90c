-- What went through the join in a span of time.
SELECT
    countIf(orphan_side != 'B') AS requests,
    countIf(correlated = 1) AS joined,
    uniqIf(b_conn_id, correlated = 1) AS handshakes,
    countIf(orphan_side = 'B') AS handshakes_alone,
    countIf(peer_ip != src_ip) AS behind_proxy,
    uniq(src_ip) AS visitors,
    uniqIf(server_id, server_id != '') AS servers,
    min(time) AS first_time,
    max(time) AS last_time
FROM ja4_logs.http_logs
WHERE time >= {from:DateTime64(3)} AND time <= {to:DateTime64(3)}
