-- How many requests the filters of request-list let through, and of how many visitors.
SELECT
    count() AS requests,
    uniq(src_ip) AS visitors,
    uniq(path) AS paths
FROM ja4_logs.http_logs AS requests
WHERE time >= {from:DateTime64(3)} AND time <= {to:DateTime64(3)}
  AND orphan_side != 'B'
  AND (empty({ip:Array(String)}) OR arrayExists(prefix -> isIPAddressInRange(toString(requests.src_ip), prefix), {ip:Array(String)}))
  AND (empty({not_ip:Array(String)}) OR NOT arrayExists(prefix -> isIPAddressInRange(toString(requests.src_ip), prefix), {not_ip:Array(String)}))
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
  AND (empty({search:String}) OR positionCaseInsensitiveUTF8(concat(toString(requests.src_ip), '\n', method, '\n', host, '\n', path, '\n', query, '\n', header_user_agent, '\n', ja4, '\n', src_org), {search:String}) > 0)
