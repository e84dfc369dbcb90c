import { canonicalAddress } from './address.ts';
import type { Fields } from './event-text.ts';

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

/** Where a key's value is kept while an event is read. */
export type Slot = number;

/**
 * Reads the fields of one event and remembers the first thing that is wrong with them, so that a parser is
 * one plain object literal followed by one check of `rejection`. `null` counts as absent.
 *
 * Values are put into slots first, with one walk over the event's keys. Events have many different sets of keys;
 * asking each of them for forty keys by name, most of which it lacks, took as long as parsing its JSON.
 */
export class FieldReader<Key extends string> {
  /** The slot of each key. */
  readonly slots: { readonly [K in Key]: Slot };
  rejection: EventRejection<Key> | undefined;
  readonly #keys: readonly Key[];
  readonly #slotOf: ReadonlyMap<string, Slot>;
  readonly #values: unknown[];

  constructor(keys: readonly Key[]) {
    this.#keys = keys;
    this.#slotOf = new Map(keys.map((key, slot) => [key, slot]));
    this.slots = Object.fromEntries(this.#slotOf) as { [K in Key]: Slot };
    this.#values = new Array<unknown>(keys.length).fill(undefined);
  }

  /** The slot of a key as it came; undefined when it is none of the contract's. */
  slotOf(key: string): Slot | undefined {
    return this.#slotOf.get(key);
  }

  /** Begins with another event. */
  load(fields: Fields): void {
    this.clear();
    for (const key in fields) {
      const slot = this.#slotOf.get(key);
      if (slot !== undefined) this.set(slot, fields[key]);
    }
  }

  /** Begins with an event whose keys the caller walks over: each value is given to `set`. */
  clear(): void {
    this.rejection = undefined;
    this.#values.fill(undefined);
  }

  set(slot: Slot, value: unknown): void {
    this.#values[slot] = value ?? undefined;
  }

  reject(reason: EventRejection<Key>): void {
    this.rejection ??= reason;
  }

  #reject(why: 'missing' | 'wrong_type' | 'out_of_range', slot: Slot): void {
    this.rejection ??= `${why}_${this.#keys[slot]!}`;
  }

  #require(slot: Slot): void {
    if (this.#values[slot] === undefined) this.#reject('missing', slot);
  }

  requiredNumber(slot: Slot): number {
    this.#require(slot);
    const value = this.#values[slot];
    if (typeof value === 'number') return value;
    this.#reject('wrong_type', slot);
    return 0;
  }

  requiredText(slot: Slot): string {
    this.#require(slot);
    return this.text(slot);
  }

  /** '' when absent. */
  text(slot: Slot): string {
    return this.optionalText(slot) ?? '';
  }

  optionalText(slot: Slot): string | undefined {
    const value = this.#values[slot];
    if (value === undefined || typeof value === 'string') return value;
    this.#reject('wrong_type', slot);
    return undefined;
  }

  requiredAddress(slot: Slot): string {
    this.#require(slot);
    return this.address(slot) ?? '';
  }

  address(slot: Slot): string | undefined {
    const text = this.optionalText(slot);
    if (text === undefined) return undefined;
    const address = canonicalAddress(text);
    if (address === undefined) this.reject('bad_address');
    return address;
  }

  requiredPort(slot: Slot): number {
    this.#require(slot);
    return this.port(slot) ?? 0;
  }

  port(slot: Slot): number | undefined {
    const value = this.#values[slot];
    if (value === undefined) return undefined;
    if (typeof value !== 'number') {
      this.#reject('wrong_type', slot);
      return undefined;
    }
    if (!Number.isInteger(value) || value < 1 || value > 65_535) this.reject('bad_port');
    return value;
  }

  /** A whole number from 0 to `max`. */
  integer(slot: Slot, max: number): number | undefined {
    const value = this.number(slot, max);
    if (value !== undefined && !Number.isInteger(value)) this.#reject('wrong_type', slot);
    return value;
  }

  /** A number from 0 to `max`. */
  number(slot: Slot, max: number): number | undefined {
    const value = this.#values[slot];
    if (value === undefined) return undefined;
    if (typeof value !== 'number') {
      this.#reject('wrong_type', slot);
      return undefined;
    }
    if (!(value >= 0 && value <= max)) this.#reject('out_of_range', slot);
    return value;
  }

  /** `true`, `false`, 1 or 0. */
  flag(slot: Slot): boolean | undefined {
    const value = this.#values[slot];
    if (value === undefined || typeof value === 'boolean') return value;
    if (value !== 0 && value !== 1) this.#reject('wrong_type', slot);
    return value === 1;
  }

  /** At most `maxItems` texts; [] when absent. */
  textList(slot: Slot, maxItems: number): string[] {
    const value = this.#values[slot];
    if (value === undefined) return [];
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
      this.#reject('wrong_type', slot);
      return [];
    }
    if (value.length > maxItems) this.#reject('out_of_range', slot);
    return value;
  }
}
