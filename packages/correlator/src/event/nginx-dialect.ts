import type { Fields } from './event-text.ts';
import { numberOf, unquote } from './quoted-event.ts';

const milliseconds = (seconds: unknown): number => Math.round((numberOf(seconds) ?? 0) * 1e3);

/** What docs/sources/nginx.conf writes: texts, with the seconds at which the response had ended as `timestamp`. */
export function fromNginx(event: Fields): true {
  unquote(event, 'utf8');
  event.duration_ms = milliseconds(event.duration_s);
  event.timestamp = (milliseconds(event.timestamp) - milliseconds(event.duration_s)) * 1e6;
  const nth = numberOf(event.nth_request);
  event.keepalives = nth === undefined ? undefined : nth - 1;
  return true;
}
