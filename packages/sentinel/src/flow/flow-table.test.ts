import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowTable, keyWords } from './flow-table.ts';

const key = (name: number) => new Int32Array(keyWords).fill(name, 3, 4);

/** The same table, written for clarity: a Map keeps insertion order, so re-inserting is touching. */
class PlainTable {
  readonly #capacity: number;
  readonly #names = new Set<number>();
  readonly evicted: number[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  use(name: number) {
    if (!this.#names.delete(name) && this.#names.size === this.#capacity) {
      const oldest = this.#names.values().next().value!;
      this.#names.delete(oldest);
      this.evicted.push(oldest);
    }
    this.#names.add(name);
  }

  remove(name: number) {
    if (this.#names.delete(name)) this.evicted.push(name);
  }

  names() {
    return [...this.#names];
  }
}

describe('the flow table', () => {
  it('behaves like a map that drops its least recently used entry, under any sequence of uses', () => {
    const step = fc.record({ name: fc.nat(12), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 8 }), (steps, capacity) => {
        const plain = new PlainTable(capacity);
        const released: number[] = [];
        const table = new FlowTable(capacity, (slot) => released.push(table.keys[slot * keyWords + 3]!));
        for (const { name, remove } of steps) {
          const slot = table.find(key(name));
          if (remove) {
            plain.remove(name);
            if (slot !== -1) table.remove(slot);
          } else {
            plain.use(name);
            if (slot === -1) table.insert(key(name), 0);
            else table.touch(slot, 0);
          }
        }
        expect(released).toEqual(plain.evicted);
        const order: number[] = [];
        while (table.oldest() !== -1) {
          order.push(table.keys[table.oldest() * keyWords + 3]!);
          table.remove(table.oldest());
        }
        expect(order).toEqual(plain.names());
        expect(table.size).toBe(0);
      }),
    );
  });

  it('finds a flow by every word of its key', () => {
    const table = new FlowTable(4, () => {}, 1234);
    table.insert(key(1), 0);
    for (let word = 0; word < keyWords; word++) {
      const other = key(1);
      other[word]! ^= 1 << 31;
      expect(table.find(other)).toBe(-1);
    }
    expect(table.find(key(1))).not.toBe(-1);
  });

  it('does not let a clock that steps back age a flow', () => {
    const table = new FlowTable(4, () => {});
    const slot = table.insert(key(1), 100);
    table.touch(slot, 40);
    expect(table.lastSeen(slot)).toBe(100);
  });
});
