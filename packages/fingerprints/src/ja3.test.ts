import { describe, expect, it } from 'vitest';
import { encodeExtension } from './encode-client-hello.ts';
import { isGrease } from './grease.ts';
import { helloOf } from './hello-of.test-support.ts';
import { ja3, ja3Hash } from './ja3.ts';

describe('JA3', () => {
  it('is the published value for the example of its README', () => {
    const example = helloOf({
      legacyVersion: 769,
      cipherSuites: [47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4],
      extensions: [
        encodeExtension.serverName('example.com'),
        encodeExtension.supportedGroups(23, 24, 25),
        encodeExtension.ecPointFormats(0),
      ],
    });
    expect(ja3(example)).toBe('769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0');
    expect(ja3Hash(example)).toBe('ada70206e40642a3e4461f35503241d5');
  });

  it('is the published value for a hello without extensions', () => {
    const example = helloOf({ legacyVersion: 769, cipherSuites: [4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99] });
    expect(ja3(example)).toBe('769,4-5-10-9-100-98-3-6-19-18-99,,,');
    expect(ja3Hash(example)).toBe('de350869b8c85de67a350c8d186f11e6');
  });

  it('leaves GREASE out of ciphers, extensions and groups, and keeps wire order', () => {
    const example = helloOf({
      cipherSuites: [0x0a0a, 0xc02f, 0x1301],
      extensions: [
        encodeExtension.opaque(0xfafa),
        encodeExtension.supportedGroups(0x2a2a, 29),
        encodeExtension.ecPointFormats(0, 1),
        encodeExtension.opaque(23),
      ],
    });
    expect(ja3(example)).toBe('771,49199-4865,10-11-23,29,0-1');
  });

  it('has the legacy version, whatever supported_versions says, and that of DTLS as its number', () => {
    const extensions = [encodeExtension.supportedVersions(0x0304)];
    expect(ja3(helloOf({ extensions }))).toBe('771,4865,43,,');
    expect(ja3(helloOf({ legacyVersion: 0xfefd }, 'dtls'))).toBe('65277,4865,,,');
  });

  it('has all of the longest lists that fit into a hello', () => {
    const cipherSuites = Array.from({ length: 32_767 }, (_, i) => (i * 7) & 0xffff);
    const kept = cipherSuites.filter((code) => !isGrease(code));
    expect(ja3(helloOf({ cipherSuites }))).toBe(`771,${kept.join('-')},,,`);
  });
});
