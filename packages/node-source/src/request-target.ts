/** What a request asks for. */
export interface RequestTarget {
  /** As it came: not decoded, not normalised. '' for CONNECT. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** Name and port, where the target itself names them; it then overrides Host (RFC 9112 section 3.2.2). */
  readonly authority?: string;
}

/** `http://host:port`, the beginning of an absolute-form target. */
const absolute = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i;

/** Splits the target of an HTTP/1 request line or `:path` (RFC 9112 section 3.2). Never throws. */
export function requestTarget(method: string, target: string): RequestTarget {
  if (method === 'CONNECT') return { path: '', query: '', authority: target };
  const match = target.startsWith('/') ? null : absolute.exec(target);
  const rest = match === null ? target : target.slice(match[0].length) || '/';
  const mark = rest.indexOf('?');
  const path = mark === -1 ? rest : rest.slice(0, mark);
  const query = mark === -1 ? '' : rest.slice(mark + 1);
  // User names and passwords in an authority are nobody's host (RFC 9110 section 4.2.4).
  const authority = match?.[1]?.slice(match[1].lastIndexOf('@') + 1);
  return authority === undefined ? { path, query } : { path: path || '/', query, authority };
}
