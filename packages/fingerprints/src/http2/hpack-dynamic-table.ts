/** Name and value of a field. */
export type HpackEntry = readonly [name: string, value: string];

/** What an entry takes beside its octets. Source: RFC 7541 section 4.1. */
const entryOverhead = 32;

/**
 * The fields that a decoder remembers, newest first (RFC 7541 section 2.3.2): never larger than `limit`,
 * whatever is inserted.
 */
export class HpackDynamicTable {
  /** Oldest first, so that the newest is pushed; those before `#first` are gone. */
  readonly #entries: HpackEntry[] = [];
  #first = 0;
  #size = 0;
  #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The sum of the sizes of all entries (RFC 7541 section 4.1), in octets. */
  get size(): number {
    return this.#size;
  }

  get length(): number {
    return this.#entries.length - this.#first;
  }

  /** The entry inserted `age` insertions before the newest. */
  at(age: number): HpackEntry | undefined {
    return age < this.length ? this.#entries[this.#entries.length - 1 - age] : undefined;
  }

  /** RFC 7541 section 4.4: an entry larger than the table empties it, and is no error. */
  insert(name: string, value: string): void {
    const size = sizeOf(name, value);
    this.#evictTo(this.#limit - size);
    if (size > this.#limit) return;
    this.#entries.push([name, value]);
    this.#size += size;
  }

  /** RFC 7541 section 4.3. */
  setLimit(limit: number): void {
    this.#limit = limit;
    this.#evictTo(limit);
  }

  #evictTo(size: number): void {
    while (this.#size > size && this.length > 0) {
      const [name, value] = this.#entries[this.#first]!;
      this.#size -= sizeOf(name, value);
      this.#first++;
    }
    if (this.#first > 64 && this.#first * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
  }
}

function sizeOf(name: string, value: string): number {
  return name.length + value.length + entryOverhead;
}
