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
      expect(counters.lines).toBe(found + counters.oversize + counters.invalid_utf8 + counters.empty);
    }),
  );
});
