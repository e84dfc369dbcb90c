-- Hours of a span in which anybody was active, seconds since 1970.
SELECT DISTINCT toUnixTimestamp(window_start) AS hour
FROM ja4_processing.agg_host_ip_ja4_1h
WHERE window_start >= {from:DateTime('UTC')} AND window_start < {to:DateTime('UTC')}
ORDER BY hour
