import type { ParseResult } from '../parse-result.ts';
import { HpackDynamicTable, type HpackEntry } from './hpack-dynamic-table.ts';
import { type HpackFailure, HpackReader } from './hpack-reader.ts';
import { staticTable } from './hpack-static-table.ts';

/** Called for each field in wire order; names and values have one character (U+0000 to U+00FF) per octet. */
export type OnHpackField = (name: string, value: string) => void;

/** SETTINGS_HEADER_TABLE_SIZE before anybody announced another (RFC 9113 section 6.5.2). */
const defaultTableSize = 4096;

/**
 * Decodes the header blocks of one direction of one connection, in order (RFC 7541). Work and memory are
 * linear in the length of the blocks. After a failure the dynamic table is no longer the encoder's.
 */
export class HpackDecoder {
  readonly #table: HpackDynamicTable;
  readonly #maxTableSize: number;

  /** @param maxTableSize what this decoder announced as SETTINGS_HEADER_TABLE_SIZE */
  constructor(maxTableSize: number = defaultTableSize) {
    this.#maxTableSize = maxTableSize;
    this.#table = new HpackDynamicTable(maxTableSize);
  }

  /** Size of the dynamic table in octets, counted as section 4.1 says. */
  get tableSize(): number {
    return this.#table.size;
  }

  /** The dynamic table from its newest entry on. */
  get entries(): readonly HpackEntry[] {
    return Array.from({ length: this.#table.length }, (_, age) => this.#table.at(age)!);
  }

  /**
   * One complete header block, `bytes[start, end)`. Fields before a failure are handed over too; the value
   * is how many there were.
   */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    onField: OnHpackField,
  ): ParseResult<number, HpackFailure> {
    const reader = new HpackReader(bytes, start, end);
    let fields = 0;
    while (reader.at < end) {
      if ((bytes[reader.at]! & 0xe0) === 0x20) this.#updateSize(reader, fields);
      else if (this.#readField(reader, onField)) fields++;
      if (reader.failure !== undefined) return { ok: false, reason: reader.failure, at: reader.at };
    }
    return { ok: true, value: fields };
  }

  /** Section 6 by the first bits: 1 indexed, 01 a literal to be remembered, 0000 and 0001 literals that are not. */
  #readField(reader: HpackReader, onField: OnHpackField): boolean {
    const first = reader.bytes[reader.at]!;
    if (first >= 0x80) {
      const entry = this.#entry(reader, 7);
      if (entry !== undefined) onField(entry[0], entry[1]);
      return entry !== undefined;
    }
    const prefix = first >= 0x40 ? 6 : 4;
    const isNamed = (first & ((1 << prefix) - 1)) !== 0;
    if (!isNamed) reader.at++;
    const name = isNamed ? this.#entry(reader, prefix)?.[0] : reader.string();
    const value = name === undefined ? undefined : reader.string();
    if (name === undefined || value === undefined) return false;
    if (prefix === 6) this.#table.insert(name, value);
    onField(name, value);
    return true;
  }

  /** What an index names: the static table, then the dynamic one (section 2.3.3). */
  #entry(reader: HpackReader, prefix: number): HpackEntry | undefined {
    const start = reader.at;
    const index = reader.integer(prefix);
    if (index < 0) return undefined;
    const age = index - staticTable.length - 1;
    const entry = age < 0 ? staticTable[index - 1] : this.#table.at(age);
    if (entry === undefined) reader.fail(index === 0 ? 'index-zero' : 'index-out-of-range', start);
    return entry;
  }

  /** Sections 6.3 and 4.2. */
  #updateSize(reader: HpackReader, fieldsBefore: number): void {
    const start = reader.at;
    const size = reader.integer(5);
    if (size < 0) return;
    if (fieldsBefore > 0) reader.fail('table-size-late', start);
    else if (size > this.#maxTableSize) reader.fail('table-size-too-large', start);
    else this.#table.setLimit(size);
  }
}
