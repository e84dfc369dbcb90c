import { describe, expect, it } from 'vitest';
import { EarlySegments } from './early-segments.ts';
import { keyWords } from './flow-table.ts';

const key = (name: number) => new Int32Array(keyWords).fill(name, 3, 4);
const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => i);
const keep = (early: EarlySegments, name: number, sequence: number, atMs: number, length = 10) =>
  early.keep(key(name), sequence, bytes(length + 3), 3, length + 3, 1e18 + atMs * 1e6);
const kept = (early: EarlySegments, name: number, atMs: number) =>
  Array.from({ length: early.count(key(name), 1e18 + atMs * 1e6) }, (_, i) => [
    early.sequence(key(name), i),
    early.segment(key(name), i).length,
  ]);

describe('segments of unknown flows', () => {
  it('are kept, four of a flow, for 200 ms', () => {
    const early = new EarlySegments();
    for (let i = 0; i < 9; i++) keep(early, 1, i * 100, i, 10 + i);
    expect(kept(early, 1, 10)).toEqual([
      [0, 10],
      [100, 11],
      [200, 12],
      [300, 13],
    ]);
    expect(early.segment(key(1), 0)).toEqual(bytes(13).subarray(3));
    expect(kept(early, 1, 201)).toEqual([]);
    expect(kept(early, 2, 10)).toEqual([]);
  });

  it('make room for others after that time, also when the clock steps back', () => {
    const early = new EarlySegments();
    for (let name = 1; name <= 500; name++) keep(early, name, name, 0);
    keep(early, 7, 70, 250);
    expect(kept(early, 7, 250)).toEqual([[70, 10]]);
    keep(early, 8, 80, -5000);
    expect(kept(early, 8, -5000)).toEqual([[80, 10]]);
  });

  it('are not kept if they are longer than a frame', () => {
    const early = new EarlySegments();
    keep(early, 1, 5, 0, 1501);
    expect(kept(early, 1, 0)).toEqual([]);
  });
});
