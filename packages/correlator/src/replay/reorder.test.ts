import fc from 'fast-check';
import { expect, it } from 'vitest';
import { merge } from './merge.ts';
import { reorder } from './reorder.ts';

async function* from<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}

const collect = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const value of source) found.push(value);
  return found;
};

it('brings a source in order that is out of it by no more than the capacity', async () => {
  const values = fc.array(fc.record({ time: fc.nat(20), id: fc.nat() }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(values, async (events) => {
      const found = await collect(reorder(from(events), (event) => event.time, 60));
      expect(found.map(({ value }) => value)).toEqual(events.toSorted((a, b) => a.time - b.time));
    }),
  );
});

it('holds no more than the capacity, and gives every event once', async () => {
  const events = Array.from({ length: 500 }, (_, i) => ({ time: (i * 7919) % 500 }));
  let read = 0;
  const counted = async function* () {
    for (const event of events) {
      read++;
      yield event;
    }
  };
  let given = 0;
  for await (const _ of reorder(counted(), (event) => event.time, 10)) {
    given++;
    expect(read - given).toBeLessThanOrEqual(10);
  }
  expect(given).toBe(500);
});

it('merges two sources in time, the first one first', async () => {
  const a = [1, 3, 3, 9].map((time) => ({ time, name: 'a' }));
  const b = [0, 3, 4].map((time) => ({ time, name: 'b' }));
  const found = await collect(merge(from(a), from(b)));
  expect(found.map((event) => ('first' in event ? event.first : event.second))).toEqual([
    b[0],
    a[0],
    a[1],
    a[2],
    b[1],
    b[2],
    a[3],
  ]);
});
