import { type Fields, readObject } from './event-text.ts';
import type { ArrivalNs } from './event-time.ts';
import type { EventResult } from './field-reader.ts';
import { fromHaproxy, isHaproxyNotice } from './haproxy-dialect.ts';
import {
  type HttpEvent,
  type HttpKey,
  type HttpParseOptions,
  httpParseOptions,
  readHttpEvent,
} from './http-event.ts';
import { fromNginx } from './nginx-dialect.ts';
import { lengthOfSyslogPrefix } from './syslog-prefix.ts';

/**
 * How a server speaks that can write JSON, but not the contract's. It puts the contract's fields into the event, so
 * that nothing behind it knows which server spoke; false when the event is about no request. It never throws; what
 * it cannot read it leaves to be refused.
 */
type Dialect = (event: Fields) => boolean;

/** By the name that such an event carries: `{"dialect":"haproxy",…`. */
const dialects: ReadonlyMap<unknown, Dialect> = new Map([
  ['haproxy', fromHaproxy],
  ['nginx', fromNginx],
]);

const lessThan = 0x3c;
const defaultOptions = httpParseOptions();

/**
 * One datagram or line from a web server, whatever its dialect, with or without a syslog prefix. Never throws;
 * unknown keys are ignored.
 *
 * @param arrivalNs takes the place of an absurd time; without it, such an event is refused
 */
export function parseHttpEvent(
  text: string,
  options: HttpParseOptions = defaultOptions,
  arrivalNs?: ArrivalNs,
): EventResult<HttpEvent, HttpKey> {
  let json = text;
  if (text.charCodeAt(0) === lessThan) {
    const length = lengthOfSyslogPrefix(text);
    if (length === 0) return { ok: false, reason: 'bad_syslog_prefix' };
    json = text.slice(length);
  }
  const object = readObject(json);
  if (!object.ok) return isHaproxyNotice(json) ? { ok: false, reason: 'no_request' } : object;
  const { fields } = object;
  if (fields.dialect !== undefined) {
    const translate = dialects.get(fields.dialect);
    if (translate === undefined) return { ok: false, reason: 'unknown_dialect' };
    if (!translate(fields)) return { ok: false, reason: 'no_request' };
  }
  return readHttpEvent(fields, options, arrivalNs);
}
