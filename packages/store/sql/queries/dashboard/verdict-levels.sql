-- How many sessions and visitors each level has under the same filters as verdict-list, the level's own left out,
-- so that every level can be offered with its count.
SELECT
    threat_level,
    count() AS sessions,
    uniqExact(src_ip) AS visitors
FROM
(
    SELECT *
    FROM ja4_processing.{table:Identifier}
    WHERE last_seen >= {from:DateTime64(3)} AND first_seen <= {to:DateTime64(3)}
    ORDER BY detected_at DESC
    LIMIT 1 BY src_ip, tls_stack, host, model_name
) AS newest
WHERE (empty({ip:Array(String)}) OR arrayExists(prefix -> isIPAddressInRange(toString(newest.src_ip), prefix), {ip:Array(String)}))
  AND (empty({not_ip:Array(String)}) OR NOT arrayExists(prefix -> isIPAddressInRange(toString(newest.src_ip), prefix), {not_ip:Array(String)}))
  AND (empty({ja4:Array(String)}) OR has({ja4:Array(String)}, ja4))
  AND (empty({not_ja4:Array(String)}) OR NOT has({not_ja4:Array(String)}, ja4))
  AND (empty({tls_stack:Array(String)}) OR has({tls_stack:Array(String)}, tls_stack))
  AND (empty({not_tls_stack:Array(String)}) OR NOT has({not_tls_stack:Array(String)}, tls_stack))
  AND (empty({asn:Array(UInt32)}) OR has({asn:Array(UInt32)}, asn_number))
  AND (empty({not_asn:Array(UInt32)}) OR NOT has({not_asn:Array(UInt32)}, asn_number))
  AND (empty({host:Array(String)}) OR has({host:Array(String)}, host))
  AND (empty({not_host:Array(String)}) OR NOT has({not_host:Array(String)}, host))
  AND (empty({country:Array(String)}) OR has({country:Array(String)}, country_code))
  AND (empty({not_country:Array(String)}) OR NOT has({not_country:Array(String)}, country_code))
  AND (empty({browser:Array(String)}) OR has({browser:Array(String)}, browser_family))
  AND (empty({not_browser:Array(String)}) OR NOT has({not_browser:Array(String)}, browser_family))
  AND (empty({bot:Array(String)}) OR has({bot:Array(String)}, bot_name))
  AND (empty({not_bot:Array(String)}) OR NOT has({not_bot:Array(String)}, bot_name))
  AND (empty({model:Array(String)}) OR has({model:Array(String)}, model_name))
  AND (empty({not_model:Array(String)}) OR NOT has({not_model:Array(String)}, model_name))
  AND (empty({campaign:Array(Int32)}) OR has({campaign:Array(Int32)}, campaign_id))
  AND (empty({not_campaign:Array(Int32)}) OR NOT has({not_campaign:Array(Int32)}, campaign_id))
  AND (empty({says:Array(String)}) OR has({says:Array(String)}, multiIf(trimBoth(first_ua) = '', 'nothing', match(substringUTF8(first_ua, 1, 512), {robot_pattern:String}), 'program', match(substringUTF8(first_ua, 1, 512), {browser_pattern:String}), 'browser', 'program')))
  AND (empty({not_says:Array(String)}) OR NOT has({not_says:Array(String)}, multiIf(trimBoth(first_ua) = '', 'nothing', match(substringUTF8(first_ua, 1, 512), {robot_pattern:String}), 'program', match(substringUTF8(first_ua, 1, 512), {browser_pattern:String}), 'browser', 'program')))
  AND (empty({search:String}) OR positionCaseInsensitiveUTF8(concat(toString(newest.src_ip), '\n', ja4, '\n', tls_stack, '\n', host, '\n', asn_org, '\n', bot_name, '\n', browser_family, '\n', first_ua, '\n', reason), {search:String}) > 0)
GROUP BY threat_level
ORDER BY sessions DESC, threat_level
