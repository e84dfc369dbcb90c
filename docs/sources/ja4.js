// One HTTP event of ja4-platform per request. See nginx-njs.conf and nginx.md.

// The name of this server in the platform.
const serverId = 'web1';

// Headers whose values are sent. Never add Cookie, Authorization, Proxy-Authorization or X-Api-Key.
const reported = {};
[
  'User-Agent',
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Content-Type',
  'Referer',
  'X-Request-Id',
  'X-Trace-Id',
  'X-Forwarded-For',
  'Sec-CH-UA',
  'Sec-CH-UA-Mobile',
  'Sec-CH-UA-Platform',
  'Sec-Fetch-Dest',
  'Sec-Fetch-Mode',
  'Sec-Fetch-Site',
  'Sec-Fetch-User',
  'Origin',
  'DNT',
  'Priority',
  'TE',
].forEach((name) => {
  reported[name.toLowerCase()] = name;
});

const maxTarget = 2048;
const maxNames = 4096;
const maxValue = 256;

// Bytes to text of at most so many bytes; what is not UTF-8 becomes U+FFFD. Notes in `cut` what was too long.
function text(bytes, most, key, cut) {
  if (bytes === undefined) return '';
  if (bytes.length <= most) return Buffer.from(bytes).toString();
  cut.push(key);
  return Buffer.from(bytes.slice(0, most))
    .toString()
    .replace(/\uFFFD+$/, '');
}

// The names in order. Under HTTP/2 nginx puts :authority first, as "host", and gathers Cookie at the end.
function addNames(event, headers, isHttp2, cut) {
  const names = headers.map((header) => header[0]);
  if (isHttp2 && names.length > 0 && names[0].toLowerCase() === 'host') names.shift();
  if (names.length === 0) return;
  const moved = isHttp2 && names[names.length - 1].toLowerCase() === 'cookie';
  event.client_headers = text(names.join(','), maxNames, 'client_headers', cut);
  event.client_headers_order = moved ? 'server' : 'wire';
}

function eventOf(r) {
  const v = r.variables;
  const cut = [];
  const target = v.request_uri || '';
  const mark = target.indexOf('?');
  const durationMs = Math.round(v.request_time * 1000);
  const event = {
    // Nanoseconds. nginx counts in milliseconds, and this runs when the response has ended.
    timestamp: (Math.round(v.msec * 1000) - durationMs) * 1e6,
    source: 'nginx',
    server_id: serverId,
    src_ip: v.realip_remote_addr,
    src_port: Number(v.realip_remote_port),
    dst_ip: v.server_addr,
    dst_port: Number(v.server_port),
    conn_id: `${v.pid}-${v.connection}`,
    keepalives: v.connection_requests - 1,
    scheme: v.scheme,
    method: text(v.request_method, 64, 'method', cut),
    host: text(v.http_host, 255, 'host', cut),
    path: text(mark < 0 ? target : target.slice(0, mark), maxTarget, 'path', cut),
    query: mark < 0 ? '' : text(target.slice(mark + 1), maxTarget, 'query', cut),
    http_version: v.server_protocol,
    status_code: Number(v.status),
    response_size: Number(v.body_bytes_sent),
    duration_ms: durationMs,
  };
  if (v.remote_addr !== event.src_ip) event.client_ip = v.remote_addr;
  const headers = r.rawHeadersIn;
  addNames(event, headers, v.server_protocol === 'HTTP/2.0', cut);
  headers.forEach((header) => {
    const name = reported[header[0].toLowerCase()];
    const key = `header_${name}`;
    if (name !== undefined && event[key] === undefined) event[key] = text(header[1], maxValue, key, cut);
  });
  if (cut.length > 0) event.truncated = cut.join(',');
  return event;
}

// For js_set: the event as one line of JSON.
function event(r) {
  return JSON.stringify(eventOf(r));
}

export default { event };
