import { type HttpEvent, parseHttpEvent } from '@ja4/correlator';

/** A request as a server reports it, with whatever a test wants to be different. */
export function requestEvent(fields: Record<string, string | number>): HttpEvent {
  const usual = {
    ...{ timestamp: 1.7e18, source: 'apache', server_id: 't', src_ip: '198.18.0.7', src_port: 4000 },
    ...{ conn_id: 'c', method: 'GET', path: '/', http_version: 'HTTP/2' },
  };
  const parsed = parseHttpEvent(JSON.stringify({ ...usual, ...fields }));
  if (!parsed.ok) throw new Error(`No event: ${parsed.reason}`);
  return parsed.value;
}
