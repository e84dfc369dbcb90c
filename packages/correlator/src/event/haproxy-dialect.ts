import type { Fields } from './event-text.ts';
import { numberOf, unquote } from './quoted-event.ts';

/**
 * Names as HAProxy has them. HTTP/1: in order, but in lower case. HTTP/2: `:authority` stands first as `host`,
 * and cookies, which the client may have sent anywhere, last.
 */
function readNames(event: Fields): void {
  const names = event.client_headers;
  if (typeof names !== 'string') return;
  if (event.http_version !== 'HTTP/2.0') {
    event.client_headers_order = 'server';
    return;
  }
  event.client_headers = names === 'host' ? '' : names.startsWith('host,') ? names.slice(5) : names;
  event.client_headers_order = /(?:^|,)cookie$/.test(names) ? 'server' : 'wire';
}

/** Whether HAProxy speaks of itself, in plain text and to the same socket: `Proxy shop stopped …`. */
export const isHaproxyNotice = (text: string): boolean => text.startsWith('Proxy ');

/**
 * What docs/sources/haproxy.cfg writes: texts whose characters are the bytes of the request, `timestamp` in
 * microseconds. False when it is about a connection that failed before it carried a request.
 */
export function fromHaproxy(event: Fields): boolean {
  if ((event.fc_err ?? '0') !== '0') return false;
  unquote(event, 'latin1');
  const startUs = numberOf(event.timestamp);
  // Without a start the request was refused before it was read; the time of its coming is all there is.
  event.timestamp = startUs === undefined ? (numberOf(event.accepted_ms) ?? 0) * 1e6 : startUs * 1e3;
  const durationUs = numberOf(event.duration_us);
  // The clock may have been set back meanwhile.
  event.duration_ms = durationUs === undefined || durationUs < 0 ? undefined : durationUs / 1e3;
  readNames(event);
  return true;
}
