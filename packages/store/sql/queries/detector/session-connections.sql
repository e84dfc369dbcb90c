-- Which connections the requests of a session came over, and when: labels are given by connection and time.
SELECT
    if(position(toString(src_ip), '::ffff:') = 1, substring(toString(src_ip), 8), toString(src_ip)) AS src_ip,
    src_port,
    tls_stack,
    host,
    count() AS requests,
    toUnixTimestamp64Micro(min(time)) / 1e6 AS first,
    toUnixTimestamp64Micro(max(time)) / 1e6 AS last
FROM ja4_logs.http_logs
WHERE time >= {from:DateTime64(6, 'UTC')} AND time <= {to:DateTime64(6, 'UTC')} AND orphan_side != 'B'
GROUP BY src_ip, src_port, conn_id, tls_stack, host
ORDER BY src_ip, src_port, first
