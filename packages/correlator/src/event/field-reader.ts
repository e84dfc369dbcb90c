import { canonicalAddress } from './address.ts';

/**
 * Why an event was not taken. The keys are those of the contract, so the set is closed: nothing that
 * arrives can make up a new counter name.
 */
export type EventRejection<Key extends string> =
  | 'too_large'
  | 'not_json'
  | 'not_an_object'
  | 'bad_timestamp'
  | 'bad_address'
  | 'bad_port'
  | 'bad_transport'
  | 'bad_syslog_prefix'
  | 'unknown_dialect'
  /** A sender's word about itself: nothing was lost. */
  | 'no_request'
  | `missing_${Key}`
  | `wrong_type_${Key}`
  | `out_of_range_${Key}`;

export type EventResult<Event, Key extends string> =
  | { readonly ok: true; readonly value: Event }
  | { readonly ok: false; readonly reason: EventRejection<Key> };

/** Longest event text, in UTF-16 units; a UNIX datagram of the contract is far shorter. */
export const maxEventLength = 65_536;

/**
 * Nanoseconds since 1970 of 1973-03-03 and 2099-12-31. Outside of them lies no traffic, but there lie
 * timestamps in seconds, milliseconds or microseconds: the sender's mistake, which must not pass quietly.
 */
const earliestNs = 1e17;
const latestNs = 4_102_358_400e9;

/** An event's fields as they came. They are nobody else's, so a dialect may put others in their place. */
export type Fields = { [key: string]: unknown };

/** `"\ud800"` is valid JSON but no text: the store could not take it. */
const escapedSurrogate = /\\u[dD][89a-fA-F]/;

function parseJson(text: string): unknown {
  // The plain search is ten times as fast as the expression, and nearly always enough.
  if (!text.includes('\\u') || !escapedSurrogate.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  );
}

/** One event's text to its fields, or why not. */
export function readObject(
  text: string,
): { ok: true; fields: Fields } | { ok: false; reason: 'too_large' | 'not_json' | 'not_an_object' } {
  if (text.length > maxEventLength) return { ok: false, reason: 'too_large' };
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    // JSON.parse throws for anything that is not JSON; that is the whole answer.
    return { ok: false, reason: 'not_json' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, reason: 'not_an_object' };
  }
  return { ok: true, fields: value as Fields };
}

/**
 * Reads the fields of one event and remembers the first thing that is wrong with them, so that a parser is
 * one plain object literal followed by one check of `rejection`. `null` counts as absent.
 */
export class FieldReader<Key extends string> {
  rejection: EventRejection<Key> | undefined;
  readonly #fields: Fields;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  reject(reason: EventRejection<Key>): void {
    this.rejection ??= reason;
  }

  #required(key: Key): unknown {
    const value = this.#fields[key] ?? undefined;
    if (value === undefined) this.reject(`missing_${key}`);
    return value;
  }

  /** Nanoseconds since 1970. */
  timestamp(key: Key): number {
    const value = this.#required(key);
    if (typeof value !== 'number') {
      this.reject(`wrong_type_${key}`);
      return 0;
    }
    if (!(value >= earliestNs && value <= latestNs)) this.reject('bad_timestamp');
    return value;
  }

  requiredText(key: Key): string {
    this.#required(key);
    return this.text(key);
  }

  /** '' when absent. */
  text(key: Key): string {
    return this.optionalText(key) ?? '';
  }

  optionalText(key: Key): string | undefined {
    const value = this.#fields[key] ?? undefined;
    if (value === undefined || typeof value === 'string') return value;
    this.reject(`wrong_type_${key}`);
    return undefined;
  }

  requiredAddress(key: Key): string {
    this.#required(key);
    return this.address(key) ?? '';
  }

  address(key: Key): string | undefined {
    const text = this.optionalText(key);
    if (text === undefined) return undefined;
    const address = canonicalAddress(text);
    if (address === undefined) this.reject('bad_address');
    return address;
  }

  requiredPort(key: Key): number {
    this.#required(key);
    return this.port(key) ?? 0;
  }

  port(key: Key): number | undefined {
    const value = this.#fields[key] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'number') {
      this.reject(`wrong_type_${key}`);
      return undefined;
    }
    if (!Number.isInteger(value) || value < 1 || value > 65_535) this.reject('bad_port');
    return value;
  }

  /** A whole number from 0 to `max`. */
  integer(key: Key, max: number): number | undefined {
    const value = this.number(key, max);
    if (value !== undefined && !Number.isInteger(value)) this.reject(`wrong_type_${key}`);
    return value;
  }

  /** A number from 0 to `max`. */
  number(key: Key, max: number): number | undefined {
    const value = this.#fields[key] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'number') {
      this.reject(`wrong_type_${key}`);
      return undefined;
    }
    if (!(value >= 0 && value <= max)) this.reject(`out_of_range_${key}`);
    return value;
  }

  /** `true`, `false`, 1 or 0. */
  flag(key: Key): boolean | undefined {
    const value = this.#fields[key] ?? undefined;
    if (value === undefined || typeof value === 'boolean') return value;
    if (value !== 0 && value !== 1) this.reject(`wrong_type_${key}`);
    return value === 1;
  }

  /** At most `maxItems` texts; [] when absent. */
  textList(key: Key, maxItems: number): string[] {
    const value = this.#fields[key] ?? undefined;
    if (value === undefined) return [];
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
      this.reject(`wrong_type_${key}`);
      return [];
    }
    if (value.length > maxItems) this.reject(`out_of_range_${key}`);
    return value;
  }
}
