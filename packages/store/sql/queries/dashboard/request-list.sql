-- Requests of a span of time, filtered, sorted by one of the whitelisted columns, one page of them (paging as in
-- verdict-list).
SELECT *
FROM
(
    SELECT
        time,
        replaceRegexpOne(toString(src_ip), '^::ffff:(\\d+\\.\\d+\\.\\d+\\.\\d+)$', '\\1') AS ip,
        src_port,
        method,
        scheme,
        host,
        path,
        query,
        http_version,
        status_code,
        response_size,
        duration_ms,
        header_user_agent,
        header_referer,
        ja4,
        tls_stack,
        correlated,
        keepalives,
        src_asn,
        src_org,
        src_country_code,
        multiIf(
            {sort:String} = 'time', toFloat64(toUnixTimestamp64Micro(time)),
            {sort:String} = 'status_code', toFloat64(status_code),
            {sort:String} = 'response_size', toFloat64(response_size),
            {sort:String} = 'duration_ms', ifNotFinite(toFloat64(duration_ms), -1.),
            0.) AS sort_number,
        -- Cut, so that it fits into a link; valid and without NUL, so that it comes back as it left.
        toValidUTF8(leftUTF8(replaceAll(multiIf(
            {sort:String} = 'src_ip', hex(src_ip),
            {sort:String} = 'method', toString(method),
            {sort:String} = 'host', toString(host),
            {sort:String} = 'path', path,
            {sort:String} = 'http_version', toString(http_version),
            {sort:String} = 'header_user_agent', header_user_agent,
            {sort:String} = 'ja4', ja4,
            {sort:String} = 'src_country_code', toString(src_country_code),
            ''), '\0', ''), 512)) AS sort_text,
        toString(cityHash64(server_id, seq, time, src_ip, src_port, keepalives, path, query)) AS row_key
    FROM ja4_logs.http_logs AS requests
    WHERE time >= {from:DateTime64(3)} AND time <= {to:DateTime64(3)}
      AND orphan_side != 'B'
      AND (empty({ip:Array(String)}) OR arrayExists(network -> requests.src_ip >= network.1 AND requests.src_ip <= network.2, arrayMap(prefix -> IPv6CIDRToRange(toIPv6(splitByChar('/', prefix)[1]), toUInt8(splitByChar('/', prefix)[2])), {ip:Array(String)})))
      -- The same once more for whole addresses, in the form that the index over them answers.
      AND (empty({ip:Array(String)}) OR NOT arrayAll(prefix -> endsWith(prefix, '/128'), {ip:Array(String)}) OR has(arrayMap(prefix -> toIPv6(splitByChar('/', prefix)[1]), {ip:Array(String)}), requests.src_ip))
      AND (empty({not_ip:Array(String)}) OR NOT arrayExists(network -> requests.src_ip >= network.1 AND requests.src_ip <= network.2, arrayMap(prefix -> IPv6CIDRToRange(toIPv6(splitByChar('/', prefix)[1]), toUInt8(splitByChar('/', prefix)[2])), {not_ip:Array(String)})))
      AND (empty({method:Array(String)}) OR has({method:Array(String)}, method))
      AND (empty({not_method:Array(String)}) OR NOT has({not_method:Array(String)}, method))
      AND (empty({host:Array(String)}) OR has({host:Array(String)}, host))
      AND (empty({not_host:Array(String)}) OR NOT has({not_host:Array(String)}, host))
      AND (empty({http_version:Array(String)}) OR has({http_version:Array(String)}, http_version))
      AND (empty({not_http_version:Array(String)}) OR NOT has({not_http_version:Array(String)}, http_version))
      AND (empty({status:Array(UInt16)}) OR has({status:Array(UInt16)}, status_code))
      AND (empty({not_status:Array(UInt16)}) OR NOT has({not_status:Array(UInt16)}, status_code))
      AND (empty({ja4:Array(String)}) OR has({ja4:Array(String)}, ja4))
      AND (empty({not_ja4:Array(String)}) OR NOT has({not_ja4:Array(String)}, ja4))
      AND (empty({tls_stack:Array(String)}) OR has({tls_stack:Array(String)}, tls_stack))
      AND (empty({not_tls_stack:Array(String)}) OR NOT has({not_tls_stack:Array(String)}, tls_stack))
      AND (empty({asn:Array(UInt32)}) OR has({asn:Array(UInt32)}, src_asn))
      AND (empty({not_asn:Array(UInt32)}) OR NOT has({not_asn:Array(UInt32)}, src_asn))
      AND (empty({path:Array(String)}) OR has({path:Array(String)}, path))
      AND (empty({not_path:Array(String)}) OR NOT has({not_path:Array(String)}, path))
      -- Column by column: names are looked at once per name, and addresses only for what can stand in one.
      AND (empty({search:String}) OR positionCaseInsensitiveUTF8(path, {search:String}) > 0 OR positionCaseInsensitiveUTF8(query, {search:String}) > 0 OR positionCaseInsensitiveUTF8(header_user_agent, {search:String}) > 0 OR positionCaseInsensitiveUTF8(ja4, {search:String}) > 0 OR positionCaseInsensitiveUTF8(method, {search:String}) > 0 OR positionCaseInsensitiveUTF8(host, {search:String}) > 0 OR positionCaseInsensitiveUTF8(src_org, {search:String}) > 0
           OR (match({search:String}, '^[0-9a-fA-F.:]+$') AND positionCaseInsensitiveUTF8(toString(requests.src_ip), {search:String}) > 0))
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
