import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quicVersion, refusedVersion } from './quic-version.ts';

const saltOf = (code: number) => {
  const salt = quicVersion(code)?.salt;
  return salt === undefined ? undefined : Buffer.from(salt).toString('hex');
};
const named = (text: string) => refusedVersion(Buffer.from(text).readUInt32BE());

describe('a version of QUIC', () => {
  it('has the salt of its specification', () => {
    expect(saltOf(1)).toBe('38762cf7f55934b34d179ae6a4c80cadccbb7f0a');
    expect(saltOf(0x6b3343cf)).toBe('0dede3def700a6db819381be6e269dcbf9bd2ed9');
    for (let draft = 29; draft <= 32; draft++) {
      expect(saltOf(0xff000000 + draft)).toBe('afbfec289993d24c9e9786f19c6111e04390a899');
    }
    expect(saltOf(0xff000000 + 33)).toBe(saltOf(1));
    expect(saltOf(0xff000000 + 34)).toBe(saltOf(1));
  });

  it('is refused by name when its Initials cannot be read', () => {
    expect(named('Q043')).toBe('gquic');
    expect(named('Q046')).toBe('gquic');
    expect(named('Q050')).toBe('q050');
    expect(named('T048')).toBe('gquic-tls');
    expect(named('Qxyz')).toBe('unknown');
    expect(refusedVersion(0xff000000 + 21)).toBe('draft');
    expect(refusedVersion(0xff000000 + 35)).toBe('draft');
    expect(refusedVersion(0xfaceb0ff)).toBe('unknown');
  });

  it('is grease when every second digit is a', () => {
    fc.assert(
      fc.property(fc.nat(15), fc.nat(15), fc.nat(15), fc.nat(15), (a, b, c, d) => {
        const code = Number.parseInt([a, b, c, d].map((digit) => `${digit.toString(16)}a`).join(''), 16);
        expect(quicVersion(code)).toBeUndefined();
        expect(refusedVersion(code)).toBe('grease');
      }),
    );
  });
});
