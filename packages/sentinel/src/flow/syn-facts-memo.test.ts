import { readSynOptions, tcpSignature } from '@ja4/fingerprints';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linuxSynOptions } from '../synthetic/index.ts';
import { SynReadings } from './syn-facts-memo.ts';

interface Syn {
  version: 4 | 6;
  ttl: number;
  window: number;
  quirks: number;
  options: readonly number[];
}

function read(readings: SynReadings, { version, ttl, window, quirks, options }: Syn) {
  const bytes = Uint8Array.from([0xaa, ...options, 0xbb]);
  return readings.of(version, ttl, window, quirks, bytes, 1, 1 + options.length);
}

function readAnew({ version, ttl, window, quirks, options: bytes }: Syn) {
  const options = readSynOptions(Uint8Array.from(bytes));
  const { names, mss, windowScale } = options;
  return {
    names,
    mss,
    windowScale,
    signature: tcpSignature({ ipVersion: version, ttl, window, options, quirks }),
  };
}

const linux: Syn = { version: 4, ttl: 60, window: 64_240, quirks: 3, options: linuxSynOptions };
const withTimestamp = (own: number, echoed: number) =>
  linuxSynOptions.map((byte, i) => (i >= 8 && i < 12 ? own : i >= 12 && i < 16 ? echoed : byte));

describe('readings of SYNs', () => {
  it('are one and the same for SYNs that differ in timestamps and hops alone', () => {
    const readings = new SynReadings();
    const first = read(readings, { ...linux, options: withTimestamp(1, 0) });
    expect(read(readings, { ...linux, options: withTimestamp(9, 0), ttl: 44 })).toBe(first);
  });

  it('tell a timestamp of 0 from others', () => {
    const readings = new SynReadings();
    for (const options of [
      withTimestamp(1, 0),
      withTimestamp(0, 0),
      withTimestamp(0, 1),
      withTimestamp(1, 1),
    ]) {
      expect(read(readings, { ...linux, options })).toEqual(readAnew({ ...linux, options }));
    }
  });

  it('are what reading anew gives, whatever came before', () => {
    const byte = fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 8, 10), fc.integer({ min: 0, max: 255 }));
    const syn: fc.Arbitrary<Syn> = fc.record({
      version: fc.constantFrom(4, 6),
      ttl: fc.constantFrom(1, 64, 65, 255),
      window: fc.oneof(fc.constantFrom(64_240, 29_200), fc.integer({ min: 0, max: 0xffff })),
      quirks: fc.oneof(fc.constantFrom(0, 3), fc.integer({ min: 0, max: 0x7_ffff })),
      options: fc.oneof(
        fc.array(byte, { maxLength: 40 }),
        fc.tuple(byte, byte).map(([own, echoed]) => withTimestamp(own, echoed)),
      ),
    });
    const readings = new SynReadings();
    fc.assert(
      fc.property(fc.array(syn, { maxLength: 20 }), (syns) => {
        for (const each of [...syns, ...syns]) expect(read(readings, each)).toEqual(readAnew(each));
      }),
      { numRuns: 300 },
    );
  });
});
