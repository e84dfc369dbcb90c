import type { Connection } from './connection.ts';
import type { HeaderSelection } from './header-selection.ts';
import { requestHeaders } from './request-headers.ts';
import { cutText, isPlain, jsonText, wireText } from './wire-text.ts';

/** One request that has ended. What is not known is undefined. */
export interface EndedRequest {
  readonly connection: Connection;
  /** Microseconds since 1970. */
  readonly began: number;
  /** 0-based, on its connection. */
  readonly index: number;
  readonly method: string;
  /** As the target or `:authority` names it; undefined = the Host header says. */
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string;
  /** `HTTP/1.1`, … */
  readonly httpVersion: string;
  /** Names and values in wire order. */
  readonly rawHeaders: readonly string[];
  readonly clientIp: string | undefined;
  readonly status: number | undefined;
  /** Bytes. */
  readonly responseSize: number | undefined;
  readonly durationMs: number | undefined;
}

const maxTargetBytes = 2_048;
const maxTokenBytes = 256;

/** The contract's 64 KiB, without room for the sender's fields and for the names of what was cut. */
const maxBytes = 65_536 - 512 - 2 * 64 * 160;

/** Writes texts of clients and remembers which were cut and which were not UTF-8. */
class Texts {
  truncated = '';
  invalid = '';
  #marked = '';

  /** `,"key":"value"` with a value of at most `maxBytes` bytes of UTF-8. */
  field(key: string, raw: string, maxBytes: number): string {
    if (isPlain(raw, maxBytes)) return `,"${key}":"${raw}"`;
    const { text, invalid } = wireText(raw);
    if (invalid) this.invalid = this.invalid === '' ? key : `${this.invalid},${key}`;
    const kept = cutText(text, maxBytes);
    if (kept.length < text.length) this.markTruncated(key);
    return `,"${key}":${jsonText(kept)}`;
  }

  markTruncated(key: string): void {
    if (this.#marked === key) return;
    this.#marked = key;
    this.truncated = this.truncated === '' ? key : `${this.truncated},${key}`;
  }
}

/** The event's fields as JSON without braces, at most 64 KiB with those of the sender. */
export function eventFields(
  request: EndedRequest,
  selection: HeaderSelection,
  maxHeaderValueBytes: number,
): string {
  const { connection } = request;
  const headers = requestHeaders(request.rawHeaders, selection);
  const texts = new Texts();
  let line = `"timestamp":${request.began}000,${connection.fields},"keepalives":${request.index}`;
  if (request.clientIp !== undefined) line += `,"client_ip":"${request.clientIp}"`;
  if (request.status !== undefined) line += `,"status_code":${request.status}`;
  if (request.responseSize !== undefined) line += `,"response_size":${request.responseSize}`;
  if (request.durationMs !== undefined) line += `,"duration_ms":${request.durationMs}`;
  line += `,"http_version":"${request.httpVersion}"`;
  if (connection.http2 !== undefined) line += connection.http2.fields;
  line += texts.field('method', request.method, maxTokenBytes);
  line += texts.field('host', request.authority ?? headers.host ?? '', maxTokenBytes);
  line += texts.field('path', request.path, maxTargetBytes);
  line += texts.field('query', request.query, maxTargetBytes);
  line += texts.field('client_headers', headers.names, Number.MAX_SAFE_INTEGER);
  if (headers.cut) texts.markTruncated('client_headers');
  line += ',"client_headers_order":"wire"';
  for (let i = 0; i < headers.values.length; i++) {
    const value = headers.values[i];
    if (value === undefined) continue;
    const key = selection.keys[i]!;
    const field = texts.field(key, value, maxHeaderValueBytes);
    if (isWithin(line, field)) line += field;
    else texts.markTruncated(key);
  }
  if (texts.truncated !== '') line += `,"truncated":${jsonText(texts.truncated)}`;
  if (texts.invalid !== '') line += `,"invalid_utf8":${jsonText(texts.invalid)}`;
  return line;
}

function isWithin(line: string, field: string): boolean {
  // A UTF-16 unit takes at most three bytes.
  if ((line.length + field.length) * 3 <= maxBytes) return true;
  return Buffer.byteLength(line) + Buffer.byteLength(field) <= maxBytes;
}
