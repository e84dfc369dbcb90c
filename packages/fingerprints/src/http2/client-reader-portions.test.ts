import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Http2ClientReader, readHttp2Client } from './client-reader.ts';
import {
  frame,
  headers,
  preface,
  priority,
  priorityFields,
  settings,
  settingsAck,
  usualBlock,
  windowUpdate,
} from './http2-frames.test-support.ts';

const firefoxSettings = settings([1, 65_536], [2, 0], [4, 131_072], [5, 16_384]);
const anyFrame = fc.oneof(
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0xffff_ffff })))
    .map((list) => settings(...list)),
  fc.integer({ min: 1, max: 2 ** 31 - 1 }).map((increment) => windowUpdate(increment)),
  fc
    .tuple(
      fc.integer({ min: 1, max: 99 }),
      fc.boolean(),
      fc.integer({ min: 0, max: 99 }),
      fc.integer({ min: 1, max: 256 }),
    )
    .map((args) => priority(...args)),
  fc.constant(settingsAck),
);
const anyHeaders = fc
  .record({
    padding: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
    isPrioritised: fc.boolean(),
    cuts: fc.array(fc.integer({ min: 0, max: usualBlock.length }), { maxLength: 4 }),
  })
  .map(({ padding, isPrioritised, cuts }) =>
    headers({
      ...(padding === undefined ? {} : { padding }),
      ...(isPrioritised ? { priority: priorityFields(false, 0, 16) } : {}),
      cuts: cuts.toSorted((a, b) => a - b),
    }),
  );
const anyClient = fc
  .tuple(
    fc.array(anyFrame, { maxLength: 8 }),
    anyHeaders,
    fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 20 }),
  )
  .map(([frames, request, rest]) =>
    Uint8Array.from([...preface, ...firefoxSettings, ...frames.flat(), ...request, ...rest]),
  );

/** Pushes the bytes in portions that end at the given places, while more is wanted. */
function pushed(bytes: Uint8Array, ends: readonly number[]) {
  const reader = new Http2ClientReader();
  const bounds = [0, ...ends.map((end) => end % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  let result = reader.push(new Uint8Array(0));
  for (let i = 1; i < bounds.length; i++) result = reader.push(bytes.slice(bounds[i - 1], bounds[i]));
  return result;
}

describe('bytes in portions', () => {
  it('give the same result for every split', () => {
    fc.assert(
      fc.property(anyClient, fc.array(fc.nat()), (bytes, ends) => {
        const whole = readHttp2Client(bytes);
        expect(whole.ok).toBe(true);
        expect(pushed(bytes, ends)).toEqual(whole);
      }),
    );
  });

  it('give the same result byte by byte, and only the last one decides', () => {
    const bytes = Uint8Array.from([...preface, ...firefoxSettings, ...headers({ cuts: [4] })]);
    const reader = new Http2ClientReader();
    for (let i = 0; i + 1 < bytes.length; i++) {
      expect(reader.push(bytes.subarray(i, i + 1))).toEqual({ ok: false, reason: 'truncated', at: i + 1 });
    }
    expect(reader.push(bytes.subarray(-1))).toEqual(readHttp2Client(bytes));
  });

  it('give the same failure for every split', () => {
    const damaged = fc
      .tuple(anyClient, fc.nat(), fc.integer({ min: 0, max: 255 }))
      .map(([bytes, at, value]) => {
        bytes[preface.length + (at % (bytes.length - preface.length))] = value;
        return bytes;
      });
    fc.assert(
      fc.property(damaged, fc.array(fc.nat()), (bytes, ends) => {
        expect(pushed(bytes, ends)).toEqual(readHttp2Client(bytes));
      }),
    );
  });

  it('tell what is known of a client that leaves before it asks', () => {
    const reader = new Http2ClientReader();
    reader.push(Uint8Array.from([...preface, ...settings([2, 0]), ...windowUpdate(5)]));
    expect(reader.client).toMatchObject({ settings: [{ id: 2, value: 0 }], windowUpdate: 5 });
  });

  it('change nothing after the result', () => {
    const bytes = Uint8Array.from([...preface, ...settings(), ...headers()]);
    const reader = new Http2ClientReader();
    const result = reader.push(bytes);
    expect(reader.push(bytes)).toBe(result);
  });
});

describe('any bytes', () => {
  it('never throw, with and without a preface', () => {
    const bytes = fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 400 }));
    fc.assert(
      fc.property(bytes, fc.array(fc.nat()), ([hasPreface, rest], ends) => {
        const all = Uint8Array.from([...(hasPreface ? [...preface, ...settings()] : []), ...rest]);
        const result = pushed(all, ends);
        expect(result).toEqual(readHttp2Client(all));
        if (!result.ok) expect(result.at).toBeLessThanOrEqual(all.length);
      }),
      { numRuns: 500 },
    );
  });

  it('cost one pass over them, also in single bytes', () => {
    const filler = frame(0xb0, 0, 0, new Array<number>(16_384).fill(7));
    const bytes = Uint8Array.from([
      ...preface,
      ...settings(),
      ...Array.from({ length: 62 }, () => filler).flat(),
      ...headers(),
    ]);
    const started = performance.now();
    const reader = new Http2ClientReader();
    let result = reader.push(bytes.subarray(0, 0));
    for (let i = 0; i < bytes.length; i++) result = reader.push(bytes.subarray(i, i + 1));
    expect(result.ok).toBe(true);
    // A million calls take a tenth of a second; a second look at what is held would take minutes.
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
