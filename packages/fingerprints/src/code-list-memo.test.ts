import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodeList } from './code-list.ts';
import { CodeListMemo } from './code-list-memo.ts';

function list(...codes: number[]): CodeList {
  const filled = new CodeList();
  for (const code of codes) filled.push(code);
  return filled;
}

const asText = ({ codes, length }: CodeList) => codes.subarray(0, length).join();

/** A memo of lists' texts, and how often it had to make one. */
function counted(places: number, maxCodes: number) {
  const made = { count: 0 };
  const memo = new CodeListMemo(
    (codes) => {
      made.count++;
      return asText(codes);
    },
    places,
    maxCodes,
  );
  return { memo, made };
}

describe('what was derived from a list', () => {
  it('is the same with and without memory, whatever came before', () => {
    const codes = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(codes, { maxLength: 60 }), (lists) => {
        const { memo } = counted(2, 4);
        for (const one of lists) expect(memo.get(list(...one))).toBe(one.join());
      }),
    );
  });

  it('is derived twice and then remembered', () => {
    const { memo, made } = counted(64, 8);
    for (let i = 0; i < 10; i++) expect(memo.get(list(1, 2, 3))).toBe('1,2,3');
    expect(made.count).toBe(2);
  });

  it('is not remembered for lists that come once, as hostile ones do', () => {
    const { memo } = counted(64, 8);
    for (let i = 0; i < 10_000; i++) memo.get(list(i & 0xffff, i >> 4, 7));
    expect(memo.size).toBe(0);
  });

  it('is not remembered for long lists', () => {
    const { memo, made } = counted(64, 8);
    for (let i = 0; i < 10; i++) memo.get(list(1, 2, 3, 4, 5, 6, 7, 8, 9));
    expect(made.count).toBe(10);
    expect(memo.size).toBe(0);
  });

  it('never takes more places than there are', () => {
    const { memo } = counted(16, 8);
    for (let i = 0; i < 1000; i++) for (let again = 0; again < 2; again++) memo.get(list(i, i));
    expect(memo.size).toBe(16);
  });
});

describe('a list of codes', () => {
  it('sorts any number of them', () => {
    const codes = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 });
    fc.assert(
      fc.property(codes, codes, (before, sorted) => {
        const mixed = list(...before, ...sorted);
        mixed.sort(before.length, mixed.length);
        expect([...mixed.codes.subarray(0, mixed.length)]).toEqual([
          ...before,
          ...sorted.toSorted((a, b) => a - b),
        ]);
      }),
    );
  });

  it('grows as it must', () => {
    const long = new CodeList();
    long.appendCounted(new Array<number>(40_000).fill(0x1301));
    long.appendCounted([0x0a0a, 5]);
    expect(long.length).toBe(40_003);
    expect([...long.codes.subarray(40_000, long.length)]).toEqual([0x1301, 1, 5]);
  });
});
