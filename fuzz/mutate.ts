import type { Random } from './random.ts';

/** Values at which lengths and counters tip over. */
const edges = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 192, 254, 255, 256, 1023, 1024];
const wideEdges = [
  ...edges,
  0x3fff,
  0x4000,
  0x7fff,
  0x8000,
  0xfffe,
  0xffff,
  0x7fffffff,
  0x80000000,
  0xffffffff,
];

/** A whole number in every way a parser may read it, or a text as its bytes. */
export function dictionaryOf(literals: Iterable<number | string>): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (const literal of literals) {
    if (typeof literal === 'string') {
      if (literal.length > 1 && literal.length <= 64) entries.push(Buffer.from(literal, 'latin1'));
      continue;
    }
    if (literal < 0 || literal > 0xffffffff) continue;
    for (const width of [1, 2, 4]) {
      if (width < 4 && literal >= 2 ** (8 * width)) continue;
      const big = Buffer.alloc(width);
      big.writeUIntBE(literal, 0, width);
      entries.push(big);
      if (width > 1) entries.push(Buffer.from(big).reverse());
    }
  }
  return entries;
}

/** What a mutation may draw from. */
export interface MutationSources {
  readonly dictionary: readonly Uint8Array[];
  readonly corpus: readonly Uint8Array[];
  readonly longest: number;
}

const splice = (bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array =>
  Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]);

function someBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length);
  return bytes.subarray(at, at + 1 + random.below(random.below(2) === 0 ? 8 : bytes.length - at));
}

function writeNumber(bytes: Uint8Array, random: Random, change: (value: number) => number): Uint8Array {
  const width = [1, 2, 2, 4][random.below(4)]!;
  if (bytes.length < width) return bytes;
  const copy = Buffer.from(bytes);
  const at = random.below(bytes.length - width + 1);
  const limit = 2 ** (8 * width);
  if (random.below(4) === 0) {
    const value = change(copy.readUIntLE(at, width));
    copy.writeUIntLE(((value % limit) + limit) % limit, at, width);
  } else {
    const value = change(copy.readUIntBE(at, width));
    copy.writeUIntBE(((value % limit) + limit) % limit, at, width);
  }
  return copy;
}

function mutateOnce(bytes: Uint8Array, random: Random, sources: MutationSources): Uint8Array {
  const at = random.below(bytes.length + 1);
  switch (random.below(12)) {
    case 0: {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[random.below(copy.length)]! ^= 1 << random.below(8);
      return copy;
    }
    case 1: {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[random.below(copy.length)] = random.below(256);
      return copy;
    }
    case 2:
      return writeNumber(bytes, random, () => wideEdges[random.below(wideEdges.length)]!);
    case 3:
      return writeNumber(bytes, random, (value) => value + random.below(33) - 16);
    case 4:
      return splice(bytes, at, 1 + random.below(random.below(2) === 0 ? 4 : bytes.length), new Uint8Array());
    case 5:
      return splice(bytes, at, 0, someBytes(bytes, random));
    case 6:
      return splice(bytes, at, random.below(bytes.length - at), someBytes(bytes, random));
    case 7: {
      const entry = sources.dictionary[random.below(sources.dictionary.length)] ?? new Uint8Array();
      return splice(bytes, at, random.below(2) * entry.length, entry);
    }
    case 8: {
      const entry = sources.dictionary[random.below(sources.dictionary.length)] ?? new Uint8Array();
      return splice(bytes, at, entry.length, entry);
    }
    case 9: {
      const other = sources.corpus[random.below(sources.corpus.length)] ?? bytes;
      return splice(bytes, at, bytes.length, other.subarray(random.below(other.length)));
    }
    case 10: {
      const other = sources.corpus[random.below(sources.corpus.length)] ?? bytes;
      return splice(bytes, at, 0, someBytes(other, random));
    }
    default: {
      const run = new Uint8Array(1 + random.below(64)).fill(random.below(256));
      return splice(bytes, at, random.below(2) * run.length, run);
    }
  }
}

/** A changed copy of `bytes`: one to eight mutations, most often few, and never longer than allowed. */
export function mutate(bytes: Uint8Array, random: Random, sources: MutationSources): Uint8Array {
  let changed = bytes;
  for (let times = 1 << random.below(4); times > 0; times--) changed = mutateOnce(changed, random, sources);
  return changed.length > sources.longest ? changed.subarray(0, sources.longest) : changed;
}
