/** Headers whose values the platform has columns for, and five more that tell clients apart. */
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
  'Sec-Fetch-User',
  'Origin',
  'DNT',
  'Priority',
  'TE',
];

/** Secrets of the visitor: their values never leave the process, whatever is configured. */
const secretHeaders: ReadonlySet<string> = new Set([
  'cookie',
  'set-cookie',
  'authorization',
  'proxy-authorization',
  'x-api-key',
]);

/** A field name is a token (RFC 9110 section 5.6.2). */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/;
const maxHeaders = 64;

/** Clients write few names in few ways, so what was found out about one is kept. */
const maxRemembered = 1_000;
const maxRememberedLength = 64;

/** Which headers' values an event carries. */
export class HeaderSelection {
  /** Keys of events: `header_` and the name as configured. */
  readonly keys: readonly string[];
  readonly #indexOf = new Map<string, number>();
  readonly #remembered = new Map<string, number>();

  /**
   * @param headers names in any case, as they shall stand in the events
   * @param denied names whose values are never sent, beside the secret ones
   * Throws for a name that is no header name, for a secret one, and for more than 64 names.
   */
  constructor(headers: readonly string[], denied: readonly string[] = []) {
    const never = new Set(denied.map((name) => name.toLowerCase()));
    const keys: string[] = [];
    for (const name of headers) {
      const lower = name.toLowerCase();
      if (!token.test(name)) throw new Error(`headers: "${name}" is not a header name; remove it`);
      if (secretHeaders.has(lower)) {
        throw new Error(`headers: the value of ${name} is a secret and never leaves the server; remove it`);
      }
      if (never.has(lower) || this.#indexOf.has(lower)) continue;
      this.#indexOf.set(lower, keys.length);
      keys.push(`header_${name}`);
    }
    if (keys.length > maxHeaders) {
      throw new Error(`headers: ${keys.length} names, but an event carries at most ${maxHeaders}`);
    }
    this.keys = keys;
  }

  /** Index in `keys` of a header, by its name in any case; -1 for one that was not selected. */
  indexOf(name: string): number {
    const remembered = this.#remembered.get(name);
    if (remembered !== undefined) return remembered;
    const index = this.#indexOf.get(name.toLowerCase()) ?? -1;
    if (name.length <= maxRememberedLength && this.#remembered.size < maxRemembered) {
      this.#remembered.set(name, index);
    }
    return index;
  }
}
