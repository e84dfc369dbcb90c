import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowTable, keyWords } from './flow-table.ts';

const key = (name: number) => new Int32Array(keyWords).fill(name, 3, 4);

/** The same table, written for clarity: sets keep insertion order, so re-inserting is touching. */
class PlainTable {
  readonly #capacity: number;
  readonly #active = new Set<number>();
  readonly #finished = new Set<number>();
  readonly evicted: number[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  use(name: number) {
    for (const list of [this.#active, this.#finished]) {
      if (list.delete(name)) {
        list.add(name);
        return;
      }
    }
    if (this.#active.size + this.#finished.size === this.#capacity) {
      const [oldest] = [...this.#finished, ...this.#active];
      this.remove(oldest!);
    }
    this.#active.add(name);
  }

  finish(name: number) {
    if (this.#active.delete(name) || this.#finished.delete(name)) this.#finished.add(name);
  }

  remove(name: number) {
    if (this.#active.delete(name) || this.#finished.delete(name)) this.evicted.push(name);
  }

  names() {
    return [...this.#finished, ...this.#active];
  }
}

describe('the flow table', () => {
  it('behaves like a map that drops finished entries first and then the least recently used', () => {
    const step = fc.record({
      name: fc.nat(12),
      what: fc.constantFrom(
        'use' as const,
        'use' as const,
        'use' as const,
        'finish' as const,
        'remove' as const,
      ),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 8 }), (steps, capacity) => {
        const plain = new PlainTable(capacity);
        const released: number[] = [];
        const table = new FlowTable(capacity, (slot) => released.push(table.keys[slot * keyWords + 3]!));
        for (const { name, what } of steps) {
          const slot = table.find(key(name));
          plain[what](name);
          if (what === 'use') {
            if (slot === -1) table.insert(key(name), 0);
            else table.touch(slot, 0);
          } else if (slot !== -1) table[what](slot);
        }
        expect(released).toEqual(plain.evicted);
        const order: number[] = [];
        for (let slot = table.nextOut(); slot !== -1; slot = table.nextOut()) {
          order.push(table.keys[slot * keyWords + 3]!);
          table.remove(slot);
        }
        expect(order).toEqual(plain.names());
        expect(table.size).toBe(0);
      }),
    );
  });

  it('knows the flow that was idle for the longest time, finished or not', () => {
    const table = new FlowTable(4, () => {});
    const [a, b, c] = [1, 2, 3].map((name) => table.insert(key(name), name));
    expect(table.oldest()).toBe(a);
    table.finish(b!);
    table.touch(a!, 10);
    expect(table.oldest()).toBe(b);
    table.refresh(b!, 20);
    expect(table.oldest()).toBe(b);
    table.refresh(b!, 1e9);
    expect(table.oldest()).toBe(c);
  });

  it('tells IPv6 flows from IPv4 flows with the same words', () => {
    const table = new FlowTable(4, () => {});
    const ipv4 = Int32Array.of(0, 0, 0xffff, 1, 0, 0, 0xffff, 2, 3);
    const ipv6 = Int32Array.of(9, 0, 0xffff, 1, 0, 0, 0xffff, 2, 3);
    const slot = table.insert(ipv4, 0);
    expect(table.find(ipv6)).toBe(-1);
    expect(table.insert(ipv6, 0)).not.toBe(slot);
    expect(table.find(ipv4)).toBe(slot);
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
