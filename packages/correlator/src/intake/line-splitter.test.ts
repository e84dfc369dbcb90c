import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LineSplitter, newLineCounters } from './line-splitter.ts';

it('finds the same lines however the bytes are cut', () => {
  const text = fc.array(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).map((s) => s.replaceAll(/[\r\n]/g, '_')),
  );
  fc.assert(
    fc.property(text, fc.array(fc.integer({ min: 1, max: 30 })), (lines, cuts) => {
      const bytes = Buffer.from(lines.join('\n'));
      const splitter = new LineSplitter(newLineCounters(), 1_000);
      const found: string[] = [];
      let at = 0;
      for (const cut of cuts) {
        found.push(...splitter.push(bytes.subarray(at, at + cut)));
        at += cut;
      }
      found.push(...splitter.push(bytes.subarray(at)), ...splitter.end());
      expect(found).toEqual(lines.map((line) => Buffer.from(line).toString()));
    }),
  );
});

it('accounts for every line of any bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
      const counters = newLineCounters();
      const splitter = new LineSplitter(counters, 20);
      let found = 0;
      for (const chunk of chunks) found += splitter.push(Buffer.from(chunk)).length;
      found += splitter.end().length;
      expect(counters.lines).toBe(found + counters.oversize + counters.empty);
    }),
  );
});

it('takes a line with bytes that are not UTF-8, makes them visible and counts it', () => {
  const counters = newLineCounters();
  const lines = new LineSplitter(counters, 20).push(Buffer.from([0x61, 0xff, 0x62, 0x0a, 0x63, 0x0a]));
  expect(lines).toEqual(['a\ufffdb', 'c']);
  expect(counters).toMatchObject({ lines: 2, invalid_utf8: 1 });
});

it('holds an unfinished line in about as many bytes as it has, however it came', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const splitters = Array.from({ length: 10 }, () => new LineSplitter(newLineCounters(), 65_536));
  const before = held();
  for (const splitter of splitters) for (let i = 0; i < 60_000; i++) splitter.push(Buffer.alloc(1, 'a'));
  expect(held() - before).toBeLessThan(10_000_000);
  for (const splitter of splitters) expect(splitter.end()).toEqual(['a'.repeat(60_000)]);
});
