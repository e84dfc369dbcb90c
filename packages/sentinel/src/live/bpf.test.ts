import { expect, it } from 'vitest';
import { assemble, at, bpf, encodeProgram, ifEqual, jump, keep, load } from './bpf.ts';

it('turns labels into distances, and encodes as the kernel reads', () => {
  const program = assemble([load(bpf.H, 12), ifEqual(0x0800, { no: 'no' }), keep(65_535), at('no'), keep(0)]);
  // As `tcpdump -ddd -y EN10MB ip` prints it: 40 0 0 12, 21 0 1 2048, 6 0 0 65535, 6 0 0 0.
  expect(program.map(({ code, jt, jf, k }) => [code, jt, jf, k])).toEqual([
    [40, 0, 0, 12],
    [21, 0, 1, 2048],
    [6, 0, 0, 65_535],
    [6, 0, 0, 0],
  ]);
  expect(Buffer.from(encodeProgram(program)).toString('hex')).toBe(
    '280000000c000000' + '1500000100080000' + '06000000ffff0000' + '0600000000000000',
  );
});

it('refuses a jump to nowhere, backwards or too far', () => {
  expect(() => assemble([jump('nowhere'), keep(0)])).toThrow('nowhere does not exist');
  expect(() => assemble([at('start'), keep(0), jump('start')])).toThrow('-2 instructions away');
  const far = Array.from({ length: 300 }, () => load(bpf.B, 0));
  expect(() => assemble([ifEqual(1, { yes: 'end' }), ...far, at('end'), keep(0)])).toThrow(
    '300 instructions away',
  );
  expect(assemble([jump('end'), ...far, at('end'), keep(0)])[0]?.k).toBe(300);
});
