/** A request as the shop's pages see it: decoded, bounded, without a socket behind it. */
export interface ShopRequest {
  readonly method: string;
  /** Percent-decoded, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly cookies: ReadonlyMap<string, string>;
  /** Fields of a form (urlencoded) or of a flat JSON object; empty when the body is neither. */
  readonly fields: ReadonlyMap<string, string>;
  /** The JSON text of the body, when it is said to be JSON and is. */
  readonly json: unknown;
  readonly userAgent: string;
  /** As the web server just before the shop says (the last that it forwards for), or the peer. */
  readonly address: string;
}

export interface ShopResponse {
  readonly status: number;
  /** Names in lower case. Values have no line breaks. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | Buffer;
}

export function html(body: string, status = 200, ...headers: (readonly [string, string])[]): ShopResponse {
  return {
    status,
    headers: [['content-type', 'text/html; charset=utf-8'], ['cache-control', 'no-cache'], ...headers],
    body,
  };
}

export function json(value: unknown, status = 200, cacheControl = 'no-store'): ShopResponse {
  return {
    status,
    headers: [
      ['content-type', 'application/json'],
      ['cache-control', cacheControl],
    ],
    body: `${JSON.stringify(value)}\n`,
  };
}

/** After a form 303 (the next request is a GET, RFC 9110, 15.4.4), for an address that moved 301. */
export function redirect(
  to: string,
  status: 301 | 302 | 303,
  ...headers: (readonly [string, string])[]
): ShopResponse {
  return { status, headers: [['location', to], ...headers], body: '' };
}
