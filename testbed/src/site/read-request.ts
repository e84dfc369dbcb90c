import type { ShopRequest } from './exchange.ts';

export type RequestReading =
  | { readonly ok: true; readonly request: ShopRequest }
  | { readonly ok: false; readonly reason: 'target' | 'encoding' | 'traversal' };

/** What `node:http` knows of a request once its body is there. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
  readonly peer: string;
}

const mostFields = 50;

function cookiesOf(header: string): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of header.split(';', mostFields)) {
    const at = pair.indexOf('=');
    if (at > 0) cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
  }
  return cookies;
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function fieldsOf(type: string, body: Buffer, json: unknown): Map<string, string> {
  const fields = new Map<string, string>();
  if (type.startsWith('application/x-www-form-urlencoded')) {
    for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
      if (fields.size < mostFields && !fields.has(name)) fields.set(name, value);
    }
  } else if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    for (const [name, value] of Object.entries(json).slice(0, mostFields)) {
      if (typeof value === 'string' || typeof value === 'number') fields.set(name, String(value));
    }
  }
  return fields;
}

/**
 * Reads a request target (origin-form, RFC 9112, 3.2.1), cookies and body. Refuses targets of another form,
 * percent-encoding that is not UTF-8, NUL, and paths with a `..` segment.
 */
export function readRequest(raw: RawRequest): RequestReading {
  if (!raw.target.startsWith('/')) return { ok: false, reason: 'target' };
  const mark = raw.target.indexOf('?');
  const encoded = mark < 0 ? raw.target : raw.target.slice(0, mark);
  let path: string;
  try {
    path = decodeURIComponent(encoded);
  } catch {
    return { ok: false, reason: 'encoding' };
  }
  if (path.includes('\0')) return { ok: false, reason: 'encoding' };
  if (path.split(/[/\\]/).includes('..')) return { ok: false, reason: 'traversal' };
  const header = (name: string) => {
    const value = raw.headers[name];
    return typeof value === 'string' ? value : (value?.[0] ?? '');
  };
  const type = header('content-type').toLowerCase();
  const json = type.startsWith('application/json') ? jsonOf(raw.body) : undefined;
  return {
    ok: true,
    request: {
      method: raw.method,
      path,
      query: new URLSearchParams(mark < 0 ? '' : raw.target.slice(mark + 1)),
      cookies: cookiesOf(header('cookie')),
      fields: fieldsOf(type, raw.body, json),
      json,
      userAgent: header('user-agent'),
      address: header('x-forwarded-for').split(',').at(-1)?.trim() || raw.peer,
    },
  };
}
