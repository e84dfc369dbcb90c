-- The other JA4s of the same client stacks: resumption, WebSocket and QUIC give one client several.
SELECT ja4, count() AS requests, uniqExact(src_ip) AS addresses
FROM ja4_logs.http_logs
WHERE has({stacks:Array(String)}, tls_stack) AND ja4 != ''
  AND time >= {from:DateTime64(3)} AND time <= {to:DateTime64(3)}
GROUP BY ja4
ORDER BY requests DESC, ja4
LIMIT 20
