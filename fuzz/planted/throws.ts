import type { FuzzTarget } from '../fuzz-target.ts';
import { parse } from './parser.ts';

export const target: FuzzTarget = {
  longest: 64,
  seeds: () => [new Uint8Array(16)],
  // The endless loop is the other target's.
  run: (input) => void (input[5] === 0xee ? 0 : parse(input)),
};
