/** An event with its place in time and, for equal times, in its source. */
interface Placed<T> {
  readonly value: T;
  readonly time: number;
  readonly order: number;
}

const before = (a: Placed<unknown>, b: Placed<unknown>): boolean =>
  a.time < b.time || (a.time === b.time && a.order < b.order);

/** Binary heap with the earliest event on top. */
class EarliestFirst<T> {
  readonly #heap: Placed<T>[] = [];

  get size(): number {
    return this.#heap.length;
  }

  push(item: Placed<T>): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Placed<T>;
      if (!before(item, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = item;
  }

  pop(): Placed<T> | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const item = heap.pop();
    if (item === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Placed<T>, heap[child] as Placed<T>)) child++;
      const below = heap[child] as Placed<T>;
      if (!before(below, item)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = item;
    return top;
  }
}

/**
 * The events of a source that is only roughly in order, in order: as long as none is more than `capacity`
 * places away from where it belongs. Equal times keep the source's order.
 */
export async function* reorder<T>(
  source: AsyncIterable<T>,
  timeOf: (value: T) => number,
  capacity: number,
): AsyncGenerator<{ value: T; time: number }> {
  const waiting = new EarliestFirst<T>();
  let order = 0;
  for await (const value of source) {
    waiting.push({ value, time: timeOf(value), order: order++ });
    if (waiting.size > capacity) yield waiting.pop() as Placed<T>;
  }
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) yield next;
}
