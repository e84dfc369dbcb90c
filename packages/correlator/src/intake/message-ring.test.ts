import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RingReader, RingWriter, ringMemory } from './message-ring.ts';

/** Everything that waits, at most `most`. */
function take(reader: RingReader, most = Number.POSITIVE_INFINITY): string[] {
  const found: string[] = [];
  while (found.length < most && reader.next())
    found.push(reader.data.toString('latin1', reader.start, reader.end));
  reader.release();
  return found;
}

it('gives every message once, whole and in order, however writing and reading alternate', () => {
  const longest = 60;
  const step = fc.record({
    messages: fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: longest }), { maxLength: 12 }),
    taken: fc.nat(12),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const memory = ringMemory(512);
      const [writer, reader] = [new RingWriter(memory), new RingReader(memory)];
      const waiting: string[] = [];
      for (const { messages, taken } of steps) {
        for (const text of messages.slice(0, writer.room(longest))) {
          const bytes = Buffer.from(`>${text}`);
          writer.write(bytes, 1, bytes.length);
          waiting.push(text);
        }
        writer.publish();
        expect(take(reader, taken)).toEqual(waiting.splice(0, taken));
      }
      expect(take(reader)).toEqual(waiting);
      expect(reader.waiting).toBe(0);
    }),
  );
});

it('shows nothing that was not published', () => {
  const memory = ringMemory(256);
  const [writer, reader] = [new RingWriter(memory), new RingReader(memory)];
  writer.write(Buffer.from('text'), 0, 4);
  expect(take(reader)).toEqual([]);
  writer.publish();
  expect(take(reader)).toEqual(['text']);
});

it('has no room while its reader lags, and all of it again afterwards', () => {
  const memory = ringMemory(1024);
  const [writer, reader] = [new RingWriter(memory), new RingReader(memory)];
  const empty = writer.room(28);
  expect(empty).toBe(1024 / 32 - 1);
  for (let i = 0; i < empty; i++) writer.write(Buffer.alloc(28, 'x'), 0, 28);
  writer.publish();
  expect(writer.room(28)).toBe(0);
  expect(take(reader)).toHaveLength(empty);
  expect(writer.room(28)).toBe(empty);
});

it('goes on when its positions have passed 2³²', () => {
  const memory = ringMemory(256);
  new Int32Array(memory.positions).fill(-128);
  const [writer, reader] = [new RingWriter(memory), new RingReader(memory)];
  for (let i = 0; i < 40; i++) {
    expect(writer.room(20)).toBeGreaterThan(0);
    writer.write(Buffer.from(String(i)), 0, String(i).length);
    writer.publish();
    expect(take(reader)).toEqual([String(i)]);
  }
});
