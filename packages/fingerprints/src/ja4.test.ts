import { describe, expect, it } from 'vitest';
import { parseClientHello } from './client-hello.ts';
import {
  type ClientHelloContent,
  type EncodedExtension,
  encodeClientHello,
  encodeExtension,
} from './encode-client-hello.ts';
import type { HelloTransport } from './hello-transport.ts';
import { ja4, ja4r } from './ja4.ts';

function hello(content: Partial<ClientHelloContent>) {
  const result = parseClientHello(encodeClientHello({ cipherSuites: [0x1301], ...content }));
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

const partA = (content: Partial<ClientHelloContent>, transport: HelloTransport = 'tcp') =>
  ja4(hello(content), transport).slice(0, 10);
const version = (code: number, ...extensions: EncodedExtension[]) =>
  partA({ legacyVersion: code, extensions }).slice(1, 3);
const alpn = (...names: string[]) => partA({ extensions: [encodeExtension.alpn(...names)] }).slice(8);
const sequence = (length: number, from = 0) => Array.from({ length }, (_, i) => from + i);

/** The lists of the specification's own example, in a shuffled order and with GREASE. */
const specificationExample: ClientHelloContent = {
  cipherSuites: [
    0x4a4a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c,
    0x009d, 0x002f, 0x0035,
  ],
  extensions: [
    encodeExtension.opaque(0x1a1a),
    ...[0x001b, 0x0023, 0x4469].map((type) => encodeExtension.opaque(type)),
    encodeExtension.serverName('www.example.com'),
    ...[0x0033, 0x0005, 0xff01, 0x0012].map((type) => encodeExtension.opaque(type)),
    encodeExtension.supportedGroups(0x3a3a, 0x001d),
    encodeExtension.supportedVersions(0xbaba, 0x0304, 0x0303),
    encodeExtension.alpn('h2', 'http/1.1'),
    encodeExtension.ecPointFormats(0),
    encodeExtension.signatureAlgorithms(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601),
    ...[0x002d, 0x0017, 0x2a2a, 0x0015].map((type) => encodeExtension.opaque(type)),
  ],
};

describe('JA4', () => {
  it('is the published value for the example of the specification', () => {
    expect(ja4(hello(specificationExample), 'tcp')).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1');
  });

  it('has the published raw form', () => {
    expect(ja4r(hello(specificationExample), 'tcp')).toBe(
      't13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9' +
        '_0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01' +
        '_0403,0804,0401,0503,0805,0501,0806,0601',
    );
  });

  it('begins with t over TCP, q over QUIC and d over DTLS', () => {
    const letter = (transport: HelloTransport) => partA({}, transport)[0];
    expect([letter('tcp'), letter('quic'), letter('dtls')]).toEqual(['t', 'q', 'd']);
  });
});

describe('the version of JA4', () => {
  it.each([
    [0x0304, '13'],
    [0x0303, '12'],
    [0x0302, '11'],
    [0x0301, '10'],
    [0x0300, 's3'],
    [0x0002, 's2'],
    [0xfeff, 'd1'],
    [0xfefd, 'd2'],
    [0xfefc, 'd3'],
  ])('%#x is %s', (code, text) => expect(version(code)).toBe(text));

  it('is the highest of supported_versions, whatever the order and the legacy version', () => {
    expect(version(0x0303, encodeExtension.supportedVersions(0x0302, 0x0304, 0x0303))).toBe('13');
    expect(version(0x0303, encodeExtension.supportedVersions(0x0301, 0x0302))).toBe('11');
  });

  it('ignores GREASE in supported_versions', () => {
    expect(version(0x0303, encodeExtension.supportedVersions(0xfafa, 0x0303))).toBe('12');
  });

  it('falls back to the legacy version when supported_versions holds nothing but GREASE', () => {
    expect(version(0x0303, encodeExtension.supportedVersions(0x0a0a))).toBe('12');
    expect(version(0x0302, encodeExtension.supportedVersions())).toBe('11');
  });

  it('is 00 for drafts and unknown codes', () => {
    expect(version(0x0303, encodeExtension.supportedVersions(0x7f1c, 0x0303))).toBe('00');
    expect(version(0x0555)).toBe('00');
  });

  it('of DTLS is the newest, whose number is the lowest', () => {
    const extensions = [encodeExtension.supportedVersions(0xfefd, 0xfefc)];
    expect(partA({ legacyVersion: 0xfefd, extensions }, 'dtls').slice(0, 3)).toBe('dd3');
  });
});

describe('the SNI flag of JA4', () => {
  it('is d with a server_name extension and i without', () => {
    expect(partA({ extensions: [encodeExtension.serverName('a.example')] })[3]).toBe('d');
    expect(partA({ extensions: [] })[3]).toBe('i');
  });

  it('is d for an empty server_name extension too: presence decides', () => {
    expect(partA({ extensions: [encodeExtension.opaque(0)] })[3]).toBe('d');
  });
});

describe('the counts of JA4', () => {
  it('leave out GREASE and include server_name and ALPN', () => {
    const extensions = [
      encodeExtension.opaque(0x5a5a),
      encodeExtension.serverName('a.example'),
      encodeExtension.alpn('h2'),
    ];
    expect(partA({ cipherSuites: [0x8a8a, 1, 2, 3], extensions }).slice(4, 8)).toBe('0302');
  });

  it('end at 99, while the hashes take in every code', () => {
    const many = hello({
      cipherSuites: sequence(150),
      extensions: sequence(120, 100).map((type) => encodeExtension.opaque(type)),
    });
    expect(ja4(many, 'tcp').slice(4, 8)).toBe('9999');
    expect(ja4r(many, 'tcp').split('_')[1]?.split(',')).toHaveLength(150);
  });

  it('do not mistake look-alikes for GREASE', () => {
    expect(partA({ cipherSuites: [0x0a1a, 0x1a0a, 0xaaab, 0x0a0b] }).slice(4, 6)).toBe('04');
  });
});

describe('the ALPN part of JA4', () => {
  it('is the first and last character of the first protocol', () => {
    expect(alpn('h2', 'http/1.1')).toBe('h2');
    expect(alpn('http/1.1', 'h2')).toBe('h1');
  });

  it('is 00 without ALPN, with an empty list and with an empty name', () => {
    expect(partA({ extensions: [] }).slice(8)).toBe('00');
    expect(alpn()).toBe('00');
    expect(alpn('')).toBe('00');
  });

  it('doubles a single character', () => expect(alpn('x')).toBe('xx'));

  it.each([
    ['\xab', 'ab'],
    ['\xab\xcd', 'ad'],
    ['0\xab', '3b'],
    ['01\xab\xcd', '3d'],
    ['0\xab\xcd1', '01'],
    ['-h2', '22'],
    ['h2-', '6d'],
    ['\x0a\x0a', '0a'],
  ])(
    'of a name with a byte that is no letter or digit at an end comes from its hexadecimal form: %j',
    (name, text) => expect(alpn(name)).toBe(text),
  );
});

describe('the hashes of JA4', () => {
  it('do not depend on the order of ciphers and extensions', () => {
    const { cipherSuites, extensions } = specificationExample;
    const reversed = { cipherSuites: cipherSuites.toReversed(), extensions: extensions?.toReversed() ?? [] };
    expect(ja4(hello(reversed), 'tcp')).toBe(ja4(hello(specificationExample), 'tcp'));
  });

  it('depend on the order of the signature algorithms', () => {
    const c = (...codes: number[]) =>
      ja4(hello({ extensions: [encodeExtension.signatureAlgorithms(...codes)] }), 'tcp').slice(-12);
    expect(c(0x0403, 0x0804)).not.toBe(c(0x0804, 0x0403));
  });

  it('ignore GREASE among the signature algorithms', () => {
    const extensions = [encodeExtension.signatureAlgorithms(0x0a0a, 0x0403)];
    expect(ja4r(hello({ extensions }), 'tcp')).toBe('t12i010100_1301_000d_0403');
  });

  it('have no underscore when there is no signature algorithm', () => {
    expect(ja4r(hello({ extensions: [encodeExtension.opaque(23)] }), 'tcp')).toBe('t12i010100_1301_0017');
    const onlyGrease = [encodeExtension.signatureAlgorithms(0x0a0a)];
    expect(ja4r(hello({ extensions: onlyGrease }), 'tcp')).toBe('t12i010100_1301_000d');
  });

  it('are zeros for an empty list', () => {
    expect(ja4(hello({ cipherSuites: [] }), 'tcp')).toBe('t12i000000_000000000000_000000000000');
    const leftOut = [encodeExtension.serverName('a.example'), encodeExtension.alpn('h2')];
    expect(ja4(hello({ extensions: leftOut }), 'tcp')).toMatch(/^t12d0102h2_[0-9a-f]{12}_000000000000$/);
  });
});
