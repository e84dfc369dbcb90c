import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LineSplitter, newLineCounters } from './line-splitter.ts';

/** A splitter, and the lines that it gave. */
function splitter(maxLineBytes: number) {
  const lines: string[] = [];
  const counters = newLineCounters();
  const take = (bytes: Buffer, start: number, end: number) => {
    lines.push(bytes.toString('latin1', start, end));
  };
  return { lines, counters, splitter: new LineSplitter(counters, maxLineBytes, take) };
}

it('finds the same lines however the bytes are cut', () => {
  const text = fc.array(
    fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 40 }).map((s) => s.replaceAll(/[\r\n]/g, '_')),
  );
  fc.assert(
    fc.property(text, fc.array(fc.integer({ min: 1, max: 30 })), (lines, cuts) => {
      const bytes = Buffer.from(lines.join('\n'));
      const { splitter: cut, lines: found } = splitter(1_000);
      let at = 0;
      for (const length of cuts) {
        cut.push(bytes.subarray(at, at + length));
        at += length;
      }
      cut.push(bytes.subarray(at));
      cut.end();
      expect(found).toEqual(lines);
    }),
  );
});

it('accounts for every line of any bytes, and gives none that is too long', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
      const { splitter: cut, lines, counters } = splitter(20);
      for (const chunk of chunks) cut.push(Buffer.from(chunk));
      cut.end();
      expect(counters.lines).toBe(lines.length + counters.oversize + counters.empty);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(20);
    }),
  );
});

it('takes LF and CR LF as the end of a line', () => {
  const { splitter: cut, lines, counters } = splitter(20);
  cut.push(Buffer.from('a\r\nb\n\r\n\nc\r'));
  cut.push(Buffer.from('\n'));
  expect(lines).toEqual(['a', 'b', 'c']);
  expect(counters).toEqual({ lines: 5, bytes: 11, oversize: 0, empty: 2 });
});

it('holds an unfinished line in about as many bytes as it has, however it came', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const splitters = Array.from({ length: 10 }, () => splitter(65_536));
  const before = held();
  for (const { splitter: cut } of splitters) for (let i = 0; i < 60_000; i++) cut.push(Buffer.alloc(1, 'a'));
  expect(held() - before).toBeLessThan(10_000_000);
  for (const { splitter: cut, lines } of splitters) {
    cut.end();
    expect(lines).toEqual(['a'.repeat(60_000)]);
  }
});
