-- The newest verdict of every session of a span of time, filtered, sorted by one of the whitelisted columns,
-- one page of it. {table} is ml_all_scores or ml_detected_anomalies. Filters are lists: empty = anything.
-- Keyset paging: a page begins after the row whose (sort_number, sort_text, row_key) the cursor holds.
SELECT * EXCEPT (src_ip_stored)
FROM
(
    SELECT
        detected_at,
        window_start,
        first_seen,
        last_seen,
        src_ip AS src_ip_stored,
        replaceRegexpOne(toString(src_ip), '^::ffff:(\\d+\\.\\d+\\.\\d+\\.\\d+)$', '\\1') AS src_ip,
        tls_stack,
        ja4,
        host,
        threat_level,
        anomaly_score,
        raw_anomaly_score,
        model_name,
        mode,
        provisional,
        correlated,
        recurrence,
        bot_name,
        browser_family,
        browser_confidence,
        asn_number,
        asn_org,
        asn_label,
        country_code,
        campaign_id,
        hits,
        hit_velocity,
        fuzzing_index,
        post_ratio,
        eif_score,
        ae_recon_error,
        xgb_prob,
        first_ua,
        reason,
        reasons,
        toUInt32(greatest(1, features['distinct_ja4_count'])) AS address_stacks,
        mapFilter((name, value) -> has({told:Array(String)}, name), features) AS told_features,
        ifNotFinite(multiIf(
            {sort:String} = 'threat_level', -toFloat64(if(indexOf({levels:Array(String)}, threat_level) = 0, 99, indexOf({levels:Array(String)}, threat_level))) + anomaly_score / 2,
            {sort:String} = 'anomaly_score', toFloat64(anomaly_score),
            {sort:String} = 'detected_at', toFloat64(toUnixTimestamp(detected_at)),
            {sort:String} = 'last_seen', toFloat64(toUnixTimestamp(last_seen)),
            {sort:String} = 'recurrence', toFloat64(recurrence),
            {sort:String} = 'hits', toFloat64(hits),
            {sort:String} = 'hit_velocity', toFloat64(hit_velocity),
            {sort:String} = 'fuzzing_index', toFloat64(fuzzing_index),
            {sort:String} = 'post_ratio', toFloat64(post_ratio),
            {sort:String} = 'campaign_id', toFloat64(campaign_id),
            0.), -1.) AS sort_number,
        -- Cut, so that it fits into a link; valid and without NUL, so that it comes back as it left.
        toValidUTF8(leftUTF8(replaceAll(multiIf(
            {sort:String} = 'src_ip', hex(src_ip_stored),
            {sort:String} = 'ja4', ja4,
            {sort:String} = 'host', toString(host),
            {sort:String} = 'asn_org', toString(asn_org),
            {sort:String} = 'country_code', toString(country_code),
            {sort:String} = 'bot_name', toString(bot_name),
            {sort:String} = 'browser_family', toString(browser_family),
            ''), '\0', ''), 512)) AS sort_text,
        hex(sipHash128(src_ip_stored, tls_stack, host, model_name)) AS row_key
    FROM
    (
        SELECT *
        FROM ja4_processing.{table:Identifier}
        WHERE last_seen >= {from:DateTime64(3)} AND first_seen <= {to:DateTime64(3)}
        ORDER BY detected_at DESC
        LIMIT 1 BY src_ip, tls_stack, host, model_name
    ) AS newest
    WHERE (empty({level:Array(String)}) OR has({level:Array(String)}, threat_level))
      AND (empty({not_level:Array(String)}) OR NOT has({not_level:Array(String)}, threat_level))
      AND (empty({ip:Array(String)}) OR arrayExists(prefix -> isIPAddressInRange(toString(newest.src_ip), prefix), {ip:Array(String)}))
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
)
WHERE {after:UInt8} = 0
   OR if({descending:UInt8} = 1,
         (sort_number, sort_text, row_key) < ({after_number:Float64}, {after_text:String}, {after_key:String}),
         (sort_number, sort_text, row_key) > ({after_number:Float64}, {after_text:String}, {after_key:String}))
ORDER BY
    if({descending:UInt8} = 1, sort_number, -sort_number) DESC,
    if({descending:UInt8} = 1, sort_text, NULL) DESC,
    if({descending:UInt8} = 1, NULL, sort_text) ASC,
    if({descending:UInt8} = 1, row_key, NULL) DESC,
    if({descending:UInt8} = 1, NULL, row_key) ASC
LIMIT {limit:UInt32}
