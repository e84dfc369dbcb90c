-- When an address, or one session of it ({whole} = 0), asked for what, in at most a few hundred dots per kind and status: pages, assets, API calls.
SELECT
    fromUnixTimestamp64Milli(toInt64(intDiv(toUnixTimestamp64Milli(time), {milliseconds:UInt32})) * {milliseconds:UInt32}, 'UTC') AS moment,
    multiIf(is_asset = 1, 'asset', is_document = 1, 'page', 'call') AS kind,
    intDiv(status_code, 100) AS status_class,
    count() AS requests,
    any(path) AS example_path,
    any(status_code) AS example_status
FROM ja4_logs.http_logs
WHERE src_ip = toIPv6({ip:String})
  AND ({whole:UInt8} = 1 OR (tls_stack = {tls_stack:String} AND host = {host:String}))
  AND time >= {from:DateTime64(3)} AND time <= {to:DateTime64(3)}
  AND orphan_side != 'B'
GROUP BY moment, kind, status_class
ORDER BY moment, kind, status_class
LIMIT 2000
