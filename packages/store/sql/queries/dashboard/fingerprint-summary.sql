-- One JA4 in the requests of a span of time: who uses it, from where, on what stack.
SELECT
    count() AS requests,
    uniqExact(src_ip) AS addresses,
    uniqExact(src_asn) AS networks,
    uniqExact(host) AS host_count,
    min(time) AS first_time,
    max(time) AS last_time,
    topKIf(3)(tls_stack, tls_stack != '') AS tls_stacks,
    topK(8)(header_user_agent) AS user_agents,
    uniqExact(header_user_agent) AS user_agent_count,
    topKIf(1)(toString(tls_version), tls_version != '')[1] AS main_tls_version,
    topKIf(1)(arrayStringConcat(tls_alpn_offered, ', '), notEmpty(tls_alpn_offered))[1] AS main_alpn,
    topKIf(1)(toString(browser_family), browser_family != '')[1] AS tls_family,
    topKIf(1)(toString(tls_library), tls_library != '')[1] AS main_tls_library,
    topKIf(3)(ja3_hash, ja3_hash != '') AS ja3_hashes,
    uniqExactIf(ja3_hash, ja3_hash != '') AS ja3_count,
    topKIf(1)(ja4_r, ja4_r != '')[1] AS raw_form,
    topKIf(3)(h2_fingerprint, h2_fingerprint != '') AS h2_fingerprints,
    countIf(tls_resumption = 1) AS resumed
FROM ja4_logs.http_logs
WHERE ja4 = {ja4:String}
  AND time >= {from:DateTime64(3)} AND time <= {to:DateTime64(3)}
  AND orphan_side != 'B'
HAVING requests > 0
