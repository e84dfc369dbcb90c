/** Headers whose values the platform has columns for. */
export const defaultHeaders: readonly string[] = [
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
];

/** Secrets of the visitor: their values never leave the process, whatever is configured. */
export const secretHeaders: readonly string[] = [
  'Cookie',
  'Set-Cookie',
  'Authorization',
  'Proxy-Authorization',
  'X-Api-Key',
];

/** A field name is a token (RFC 9110 section 5.6.2). */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/;
const maxHeaders = 64;

/** Which headers' values an event carries: lower-case name to the event's key. */
export type HeaderSelection = ReadonlyMap<string, string>;

/**
 * @param headers names in any case, as they shall stand in the events
 * @param denied names whose values are never sent, beside the secret ones
 * Throws for a name that is no header name, for a secret one, and for more than 64 names.
 */
export function headerSelection(headers: readonly string[], denied: readonly string[]): HeaderSelection {
  const secret = new Set(secretHeaders.map((name) => name.toLowerCase()));
  const never = new Set(denied.map((name) => name.toLowerCase()));
  const selection = new Map<string, string>();
  for (const name of headers) {
    const lower = name.toLowerCase();
    if (!token.test(name)) throw new Error(`headers: "${name}" is not a header name; remove it`);
    if (secret.has(lower)) {
      throw new Error(`headers: the value of ${name} is a secret and never leaves the server; remove it`);
    }
    if (!never.has(lower)) selection.set(lower, `header_${name}`);
  }
  if (selection.size > maxHeaders) {
    throw new Error(`headers: ${selection.size} names, but an event carries at most ${maxHeaders}`);
  }
  return selection;
}
