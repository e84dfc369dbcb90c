-- How many requests the filters of request-list let through, and of how many visitors.
SELECT
    count() AS requests,
    uniq(src_ip) AS visitors,
    uniq(path) AS paths
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
