-- First and last request in the store, seconds since 1970; NULL without any.
SELECT
    toUnixTimestamp64Micro(minOrNull(time)) / 1e6 AS first,
    toUnixTimestamp64Micro(maxOrNull(time)) / 1e6 AS last
FROM ja4_logs.http_logs
WHERE orphan_side != 'B'
