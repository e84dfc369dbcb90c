-- Days of the week before on which an address was detected, sessions of the present window left out.
SELECT
    if(position(toString(src_ip), '::ffff:') = 1, substring(toString(src_ip), 8), toString(src_ip)) AS src_ip,
    toUInt32(uniqExact(toDate(last_seen))) AS recurrence
FROM ja4_processing.ml_detected_anomalies
WHERE detected_at >= {until:DateTime('UTC')} - INTERVAL 7 DAY AND last_seen < {until:DateTime('UTC')}
GROUP BY src_ip
