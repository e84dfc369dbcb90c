import { describe, expect, it } from 'vitest';
import { encodeExtension } from './encode-client-hello.ts';
import { helloOf } from './hello-of.test-support.ts';
import { ja4, ja4o, ja4r, ja4ro } from './ja4.ts';

/** The specification's own example, in the order in which its "Raw Output" gives the lists. */
const example = helloOf({
  cipherSuites: [
    0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c,
    0x009d, 0x002f, 0x0035,
  ],
  extensions: [
    encodeExtension.opaque(0x3a3a),
    encodeExtension.opaque(0x001b, 3),
    encodeExtension.serverName('www.example.com'),
    encodeExtension.opaque(0x0033, 43),
    encodeExtension.alpn('h2', 'http/1.1'),
    ...[0x4469, 0x0017, 0x002d].map((type) => encodeExtension.opaque(type)),
    encodeExtension.signatureAlgorithms(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601),
    ...[0x0005, 0x0023, 0x0012].map((type) => encodeExtension.opaque(type)),
    encodeExtension.supportedVersions(0x9a9a, 0x0304, 0x0303),
    ...[0xff01, 0x000b, 0x000a, 0x0015, 0x8a8a].map((type) => encodeExtension.opaque(type)),
  ],
});

describe('JA4 in original order', () => {
  it('has the raw form that the specification publishes, server_name and ALPN included', () => {
    expect(ja4ro(example, 'tcp')).toBe(
      't13d1516h2_1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035' +
        '_001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015' +
        '_0403,0804,0401,0503,0805,0501,0806,0601',
    );
  });

  it('has the value that the specification publishes', () => {
    expect(ja4o(example, 'tcp')).toBe('t13d1516h2_acb858a92679_18f69afefd3d');
  });

  it('leaves the sorted forms of the same hello as they are', () => {
    expect(ja4(example, 'tcp')).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1');
    expect(ja4r(example, 'tcp')).toContain('_0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,');
  });

  it('has zeros for an empty list and no underscore without signature algorithms', () => {
    expect(ja4o(helloOf({ cipherSuites: [] }), 'quic')).toBe('q12i000000_000000000000_000000000000');
    const named = helloOf({ extensions: [encodeExtension.serverName('a.example')] });
    expect(ja4ro(named, 'tcp')).toBe('t12d010100_1301_0000');
  });
});
