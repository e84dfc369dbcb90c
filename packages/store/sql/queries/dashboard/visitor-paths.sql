-- The paths an address, or one session of it ({whole} = 0), asked for most, with how they were answered.
SELECT
    path,
    count() AS requests,
    uniqExact(query) AS queries,
    groupUniqArray(4)(toString(method)) AS methods,
    topK(3)(status_code) AS statuses,
    max(time) AS last_time
FROM ja4_logs.http_logs
WHERE src_ip = toIPv6({ip:String})
  AND ({whole:UInt8} = 1 OR (tls_stack = {tls_stack:String} AND host = {host:String}))
  AND time >= {from:DateTime64(3)} AND time <= {to:DateTime64(3)}
  AND orphan_side != 'B'
GROUP BY path
ORDER BY requests DESC, path
LIMIT {limit:UInt32}
