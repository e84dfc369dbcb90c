-- What explains the newest verdict about a few sessions, one of each address.
SELECT
    toString(src_ip) AS stored_ip,
    reasons AS main_reasons,
    mapFilter((name, value) -> has({told:Array(String)}, name), features) AS told_features,
    browser_family AS family,
    asn_number AS asn,
    asn_org AS network,
    country_code AS country
FROM ja4_processing.ml_all_scores
WHERE (src_ip, tls_stack, host, model_name)
    IN (SELECT arrayJoin(arrayZip(arrayMap(text -> toIPv6(text), {ips:Array(String)}), {stacks:Array(String)}, {hosts:Array(String)}, {models:Array(String)})))
  AND src_ip IN (SELECT toIPv6(arrayJoin({ips:Array(String)})))
ORDER BY detected_at DESC
LIMIT 1 BY src_ip
