import { describe, expect, it } from 'vitest';
import { type ClientHelloContent, type EncodedExtension, encodeExtension } from './encode-client-hello.ts';
import { helloOf } from './hello-of.test-support.ts';
import type { HelloTransport } from './hello-transport.ts';
import { ja4, ja4r } from './ja4.ts';

const partA = (content: Partial<ClientHelloContent>, transport: HelloTransport = 'tcp') =>
  ja4(helloOf(content, transport), transport).slice(0, 10);
const version = (code: number, ...extensions: EncodedExtension[]) =>
  partA({ legacyVersion: code, extensions }).slice(1, 3);
const alpn = (...names: string[]) => partA({ extensions: [encodeExtension.alpn(...names)] }).slice(8);
const sequence = (length: number, from = 0) => Array.from({ length }, (_, i) => from + i);

/** The lists of the specification's own example, in a shuffled order and with GREASE. */
const specificationExample = {
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
} satisfies ClientHelloContent;

/** RFC 9849; the same type carries a real encrypted hello and a GREASE one. */
const encryptedClientHello = 0xfe0d;

describe('JA4', () => {
  it('is the published value for the example of the specification', () => {
    expect(ja4(helloOf(specificationExample), 'tcp')).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1');
  });

  it('has the published raw form', () => {
    expect(ja4r(helloOf(specificationExample), 'tcp')).toBe(
      't13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9' +
        '_0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01' +
        '_0403,0804,0401,0503,0805,0501,0806,0601',
    );
  });

  describe('as published of Chromium', () => {
    const lasting = [0x0005, 0x000b, 0x0012, 0x0017, 0x001b, 0x0023, 0x002d, 0x0033, 0x44cd, 0xff01];
    const chromium = (types: number[], algorithms: number[]) =>
      helloOf({
        cipherSuites: specificationExample.cipherSuites,
        extensions: [
          encodeExtension.serverName('www.example.com'),
          encodeExtension.alpn('h2', 'http/1.1'),
          encodeExtension.supportedGroups(0x9a9a, 0x11ec, 0x001d, 0x0017, 0x0018),
          encodeExtension.supportedVersions(0x7a7a, 0x0304, 0x0303),
          encodeExtension.signatureAlgorithms(...algorithms),
          ...[...lasting, ...types].map((type) => encodeExtension.opaque(type)),
        ],
      });
    const algorithms = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];

    it('with encrypted_client_hello', () => {
      const hello = chromium([encryptedClientHello], algorithms);
      expect(ja4(hello, 'tcp')).toBe('t13d1516h2_8daaf6152771_d8a2da3f94cd');
    });

    it('with trust anchors, and with GREASE before its signature algorithms', () => {
      const postQuantum = [0xaaaa, 0x0904, 0x0905, 0x0906, ...algorithms];
      const hello = chromium([encryptedClientHello, 0xca34], postQuantum);
      expect(ja4(hello, 'tcp')).toBe('t13d1517h2_8daaf6152771_cb7bf5808d99');
    });
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
    expect(version(0x0303, encodeExtension.supportedVersions(0xfb1a, 0x0304))).toBe('00');
    expect(version(0x0555)).toBe('00');
    expect(version(0x0200)).toBe('00');
  });

  it('is the legacy version without supported_versions, even one that only the extension should name', () => {
    expect(version(0x0304)).toBe('13');
    expect(version(0x0304, encodeExtension.supportedVersions(0x0303))).toBe('12');
  });

  it('is the legacy version when the content of supported_versions is broken', () => {
    expect(version(0x0302, encodeExtension.opaque(43, 0))).toBe('11');
    expect(version(0x0302, { type: 43, body: Uint8Array.of(4, 3, 4) })).toBe('11');
  });

  it('is that of the first supported_versions when a hello has two', () => {
    const twice = [encodeExtension.supportedVersions(0x0303), encodeExtension.supportedVersions(0x0304)];
    expect(version(0x0301, ...twice)).toBe('12');
  });

  it.each([
    ['d1', 0xfeff, []],
    ['d2', 0xfefd, []],
    ['d3', 0xfefd, [0xfefc]],
    // "The highest value in the extension": DTLS counts downwards, so that 1.2 outbids 1.3.
    ['d2', 0xfefd, [0xfefc, 0xfefd]],
    ['d1', 0xfefd, [0xfefc, 0xfefd, 0xfeff]],
    ['d3', 0xfefd, [0x8a8a, 0xfefc]],
  ])('of DTLS is %s for legacy version %#x and supported_versions %j', (text, legacyVersion, offered) => {
    const extensions = offered.length === 0 ? [] : [encodeExtension.supportedVersions(...offered)];
    expect(partA({ legacyVersion, extensions }, 'dtls').slice(0, 3)).toBe(`d${text}`);
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

  it('is d for a name that is an address: "if the SNI extension (0x0000) exists"', () => {
    expect(partA({ extensions: [encodeExtension.serverName('192.0.2.1')] })[3]).toBe('d');
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
    const many = helloOf({
      cipherSuites: sequence(150),
      extensions: sequence(120, 100).map((type) => encodeExtension.opaque(type)),
    });
    expect(ja4(many, 'tcp').slice(4, 8)).toBe('9999');
    expect(ja4r(many, 'tcp').split('_')[1]?.split(',')).toHaveLength(150);
  });

  it('are exact up to 99', () => {
    const counts = (length: number) =>
      partA({
        cipherSuites: sequence(length),
        extensions: sequence(length, 100).map((type) => encodeExtension.opaque(type)),
      }).slice(4, 8);
    expect([0, 9, 10, 99, 100].map(counts)).toEqual(['0000', '0909', '1010', '9999', '9999']);
  });

  it('include "other non-cipher values such as SCSV (0x00FF, 0x5600) and Experimental/Reserved values"', () => {
    const suites = { cipherSuites: [0x1301, 0x00ff, 0x5600, 0xfe00, 0xfeff] };
    expect(ja4r(helloOf(suites), 'tcp')).toBe('t12i050000_00ff,1301,5600,fe00,feff_');
  });

  it('count an extension that is there twice, twice', () => {
    const extensions = [23, 23, 5].map((type) => encodeExtension.opaque(type));
    expect(ja4r(helloOf({ extensions }), 'tcp')).toBe('t12i010300_1301_0005,0017,0017');
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

  it('is 00 when the content of the extension is broken, which still counts', () => {
    const extensions = [{ type: 16, body: Uint8Array.of(0, 9, 2, 0x68) }];
    expect(partA({ extensions }).slice(6)).toBe('0100');
  });

  it('keeps upper case and digits', () => {
    expect(alpn('H2')).toBe('H2');
    expect(alpn('0Z')).toBe('0Z');
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
    ['\x20', '20'],
    ['\x20a', '21'],
    ['a\x20', '60'],
    ['\x00', '00'],
    ['\xff', 'ff'],
    // The values that RFC 8701 reserves for ALPN are names like others.
    ['\x0a\x0a', '0a'],
    ['\xfa\xfa', 'fa'],
  ])(
    'of a name with a byte that is no letter or digit at an end comes from its hexadecimal form: %j',
    (name, text) => expect(alpn(name)).toBe(text),
  );
});

describe('the hashes of JA4', () => {
  it('do not depend on the order of ciphers and extensions', () => {
    const { cipherSuites, extensions } = specificationExample;
    const reversed = { cipherSuites: cipherSuites.toReversed(), extensions: extensions.toReversed() };
    expect(ja4(helloOf(reversed), 'tcp')).toBe(ja4(helloOf(specificationExample), 'tcp'));
  });

  it('depend on the order of the signature algorithms', () => {
    const c = (...codes: number[]) =>
      ja4(helloOf({ extensions: [encodeExtension.signatureAlgorithms(...codes)] }), 'tcp').slice(-12);
    expect(c(0x0403, 0x0804)).not.toBe(c(0x0804, 0x0403));
  });

  it('ignore GREASE among the signature algorithms', () => {
    const extensions = [encodeExtension.signatureAlgorithms(0x0a0a, 0x0403)];
    expect(ja4r(helloOf({ extensions }), 'tcp')).toBe('t12i010100_1301_000d_0403');
  });

  it('have no underscore when there is no signature algorithm', () => {
    expect(ja4r(helloOf({ extensions: [encodeExtension.opaque(23)] }), 'tcp')).toBe('t12i010100_1301_0017');
    const onlyGrease = [encodeExtension.signatureAlgorithms(0x0a0a)];
    expect(ja4r(helloOf({ extensions: onlyGrease }), 'tcp')).toBe('t12i010100_1301_000d');
  });

  it('take a signature algorithm that is no GREASE for one, whatever its number', () => {
    const extensions = [encodeExtension.signatureAlgorithms(0xeeee, 0xefef, 0x0a1a)];
    expect(ja4r(helloOf({ extensions }), 'tcp')).toBe('t12i010100_1301_000d_eeee,efef,0a1a');
  });

  it('take the algorithms of signature_algorithms only, not of delegated_credentials (34) or of _cert (50)', () => {
    const list = encodeExtension.signatureAlgorithms(0x0503).body;
    const extensions = [
      { type: 34, body: list },
      { type: 50, body: list },
      encodeExtension.signatureAlgorithms(0x0403),
    ];
    expect(ja4r(helloOf({ extensions }), 'tcp')).toBe('t12i010300_1301_000d,0022,0032_0403');
  });

  it('take in encrypted_client_hello, real or GREASE, as any extension', () => {
    const extensions = [
      encodeExtension.opaque(encryptedClientHello, 200),
      encodeExtension.serverName('a.example'),
    ];
    expect(ja4r(helloOf({ extensions }), 'tcp')).toBe('t12d010200_1301_fe0d');
  });

  it('do not depend on groups and key shares, as of post-quantum clients', () => {
    const client = (group: number, share: number) =>
      helloOf({
        extensions: [
          encodeExtension.supportedGroups(group, 0x001d),
          encodeExtension.opaque(51, share),
          encodeExtension.supportedVersions(0x0304),
        ],
      });
    const x25519Mlkem768 = client(0x11ec, 2 + 4 + 1216 + 4 + 32);
    expect(ja4r(x25519Mlkem768, 'tcp')).toBe('t13i010300_1301_000a,002b,0033');
    expect(ja4(x25519Mlkem768, 'tcp')).toBe(ja4(client(0x0017, 42), 'tcp'));
  });

  it('differ in the hello after a HelloRetryRequest, which adds a cookie', () => {
    const first = [encodeExtension.opaque(51, 40)];
    const second = [encodeExtension.opaque(44, 34), encodeExtension.opaque(51, 100)];
    expect(ja4r(helloOf({ extensions: first }), 'tcp')).toBe('t12i010100_1301_0033');
    expect(ja4r(helloOf({ extensions: second }), 'tcp')).toBe('t12i010200_1301_002c,0033');
  });

  it('are zeros for an empty list', () => {
    expect(ja4(helloOf({ cipherSuites: [] }), 'tcp')).toBe('t12i000000_000000000000_000000000000');
    const leftOut = [encodeExtension.serverName('a.example'), encodeExtension.alpn('h2')];
    expect(ja4(helloOf({ extensions: leftOut }), 'tcp')).toMatch(/^t12d0102h2_[0-9a-f]{12}_000000000000$/);
    expect(ja4(helloOf({ cipherSuites: [0x0a0a] }), 'tcp')).toBe('t12i000000_000000000000_000000000000');
  });
});
