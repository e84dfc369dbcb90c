import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { corpus, corpusDir, itNeeds } from '../../../test/setup/needs.ts';
import {
  capturesBelow,
  damagedCopy,
  damages,
  isWellFormed,
  readCaptureBytes,
} from './damaged-captures.test-support.ts';
import { heldMemory } from './held-memory.test-support.ts';
import { readCaptureFile } from './index.ts';

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** For one variant; milliseconds. Most take less than one. */
const deadlineMs = 2000;
/** What memory may grow by over all variants; bytes. */
const heapGrowth = 32 * 1024 * 1024;

interface Trouble {
  readonly name: string;
  readonly seed: number;
  readonly what: string;
}

/** Reads damaged copies of each capture in turn and tells what went wrong. */
function readVariants(captures: ReadonlyMap<string, Uint8Array>, count: number): Trouble[] {
  const troubles: Trouble[] = [];
  const names = [...captures.keys()];
  const before = heldMemory();
  for (let seed = 0; seed < count; seed++) {
    const name = names[seed % names.length]!;
    const damage = damages[Math.floor(seed / names.length) % damages.length]!;
    const trouble = (what: string) => troubles.push({ name: `${name} ${damage}`, seed, what });
    const variant = damagedCopy(captures.get(name)!, damage, seed);
    const started = performance.now();
    try {
      const statistics = readCaptureBytes(variant, (event) => {
        if (!isWellFormed(event)) trouble(JSON.stringify(event));
      });
      for (const [counter, value] of Object.entries(statistics))
        if (!(Number.isInteger(value) && value >= 0)) trouble(`${counter} is ${value}`);
    } catch (error) {
      trouble(String(error));
    }
    if (performance.now() - started > deadlineMs) trouble('takes too long');
    if (seed % 250 === 249 && heldMemory() - before > heapGrowth) trouble('memory grows');
  }
  return troubles;
}

describe('damaged captures', () => {
  it('of our own recordings bring neither exceptions nor delay nor memory', () => {
    const captures = new Map([
      ...capturesBelow(folder('.')),
      ...capturesBelow(folder('../../../samples'), 4 * 1024 * 1024),
    ]);
    expect(captures.size).toBeGreaterThan(0);
    expect(readVariants(captures, 1000)).toEqual([]);
  });

  itNeeds(corpus)(
    'of the shared captures bring neither exceptions nor delay nor memory',
    () => {
      const captures = capturesBelow(join(corpusDir, 'pcap'), 200 * 1024);
      expect(captures.size).toBeGreaterThan(400);
      expect(readVariants(captures, 2 * captures.size)).toEqual([]);
    },
    60_000,
  );

  it('are read from disk as far as they go', async () => {
    const captures = capturesBelow(folder('.'));
    const dir = mkdtempSync(join(tmpdir(), 'ja4-damaged-'));
    try {
      let seed = 0;
      for (const capture of captures.values()) {
        for (const damage of damages) {
          const path = join(dir, 'variant.pcap');
          const variant = damagedCopy(capture, damage, seed++);
          writeFileSync(path, variant);
          const { events, statistics } = readCaptureFile(path);
          const fromDisk: string[] = [];
          for await (const event of events) fromDisk.push(event.ja4);
          const fromMemory: string[] = [];
          const expected = readCaptureBytes(variant, (event) => fromMemory.push(event.ja4));
          expect(fromDisk).toEqual(fromMemory);
          expect(statistics.packets).toBe(expected.packets);
        }
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
