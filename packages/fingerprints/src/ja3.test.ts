import { describe, expect, it } from 'vitest';
import { parseClientHello } from './client-hello.ts';
import { type ClientHelloContent, encodeClientHello, encodeExtension } from './encode-client-hello.ts';
import { ja3, ja3Hash } from './ja3.ts';

function hello(content: ClientHelloContent) {
  const result = parseClientHello(encodeClientHello(content));
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

describe('JA3', () => {
  it('is the published value for the example of its README', () => {
    const example = hello({
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
    const example = hello({ legacyVersion: 769, cipherSuites: [4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99] });
    expect(ja3(example)).toBe('769,4-5-10-9-100-98-3-6-19-18-99,,,');
    expect(ja3Hash(example)).toBe('de350869b8c85de67a350c8d186f11e6');
  });

  it('leaves GREASE out of ciphers, extensions and groups, and keeps wire order', () => {
    const example = hello({
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
});
