import type { FuzzTarget } from '../fuzz-target.ts';
import { parse } from './parser.ts';

export const target: FuzzTarget = {
  longest: 64,
  seeds: () => [Uint8Array.of(0x1f, 0x8b, 0x5a, 0x3c, 0, 0xee, 0x77, 0x77, 0x77)],
  run: (input) => void parse(input),
};
