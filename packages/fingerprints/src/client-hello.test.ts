import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseClientHello } from './client-hello.ts';
import { type ClientHelloContent, encodeClientHello, encodeExtension } from './encode-client-hello.ts';
import { fingerprint } from './fingerprint.ts';
import { ja4o } from './ja4.ts';

const typical: ClientHelloContent = {
  sessionId: new Uint8Array(32),
  cipherSuites: [0x1301, 0x1302, 0xc02f],
  extensions: [
    encodeExtension.serverName('shop.example'),
    encodeExtension.supportedGroups(0x001d, 0x0017),
    encodeExtension.ecPointFormats(0),
    encodeExtension.opaque(35, 16),
    encodeExtension.signatureAlgorithms(0x0403, 0x0804),
    encodeExtension.alpn('h2', 'http/1.1'),
    encodeExtension.supportedVersions(0x0304, 0x0303),
    encodeExtension.opaque(41, 4),
  ],
};

function parsed(content: ClientHelloContent) {
  const result = parseClientHello(encodeClientHello(content));
  if (!result.ok) throw new Error(`${result.reason} at ${result.at}`);
  return result.value;
}

describe('a ClientHello', () => {
  it('is read field by field, in wire order', () => {
    expect(parsed(typical)).toEqual({
      legacyVersion: 0x0303,
      sessionIdLength: 32,
      cipherSuites: [0x1301, 0x1302, 0xc02f],
      compressionMethods: [0],
      extensions: [0, 10, 11, 35, 13, 16, 43, 41],
      malformedExtensions: [],
      serverName: 'shop.example',
      supportedGroups: [0x001d, 0x0017],
      ecPointFormats: [0],
      signatureAlgorithms: [0x0403, 0x0804],
      alpn: ['h2', 'http/1.1'],
      supportedVersions: [0x0304, 0x0303],
      hasPreSharedKey: true,
      hasSessionTicket: true,
    });
  });

  it('may end without an extension block, as before TLS 1.2', () => {
    expect(parsed({ legacyVersion: 0x0301, cipherSuites: [5] })).toMatchObject({
      legacyVersion: 0x0301,
      extensions: [],
    });
  });

  it('is ignored past its own length', () => {
    const bytes = encodeClientHello(typical);
    const longer = new Uint8Array(bytes.length + 50).fill(0xff);
    longer.set(bytes);
    expect(parseClientHello(longer)).toEqual(parseClientHello(bytes));
  });

  it('with an empty session_ticket extension offers no ticket', () => {
    expect(parsed({ cipherSuites: [], extensions: [encodeExtension.opaque(35)] })).toMatchObject({
      hasSessionTicket: false,
    });
  });

  it('keeps an extension whose content is broken in the list, names it, and takes nothing from it', () => {
    const broken = { type: 16, body: Uint8Array.of(0, 9, 2, 0x68) };
    expect(parsed({ cipherSuites: [1], extensions: [broken, encodeExtension.opaque(0)] })).toMatchObject({
      extensions: [16, 0],
      malformedExtensions: [16, 0],
      alpn: [],
    });
  });

  it('that repeats an extension counts both and believes the first', () => {
    const hello = parsed({
      cipherSuites: [1],
      extensions: [encodeExtension.alpn('h2'), encodeExtension.alpn('h3')],
    });
    expect(hello).toMatchObject({ extensions: [16, 16], alpn: ['h2'] });
  });

  it('of the size of post-quantum clients, key share included, is read', () => {
    const share = { type: 51, body: new Uint8Array(1263).fill(0xff) };
    const bytes = encodeClientHello({ ...typical, extensions: [share, ...(typical.extensions ?? [])] });
    expect(parseClientHello(bytes)).toMatchObject({ ok: true, value: { serverName: 'shop.example' } });
  });

  it('with encrypted_client_hello shows the outer name (RFC 9849, section 5)', () => {
    const extensions = [encodeExtension.opaque(0xfe0d, 180), encodeExtension.serverName('outer.example')];
    expect(parsed({ cipherSuites: [0x1301], extensions })).toMatchObject({
      extensions: [0xfe0d, 0],
      serverName: 'outer.example',
    });
  });
});

describe('a ClientHello over DTLS', () => {
  const dtls = { ...typical, legacyVersion: 0xfefd, cookie: Uint8Array.of(1, 2, 3) };

  it.each([
    ['1.0', { legacyVersion: 0xfeff, cookie: new Uint8Array(0) }],
    ['1.0, with the cookie of a HelloVerifyRequest', { legacyVersion: 0xfeff, cookie: new Uint8Array(32) }],
    ['1.2', { legacyVersion: 0xfefd, cookie: new Uint8Array(255) }],
    [
      '1.3, whose legacy_cookie is empty (RFC 9147, section 5.3)',
      { legacyVersion: 0xfefd, cookie: new Uint8Array(0) },
    ],
  ])('%s is read behind its cookie (RFC 6347, section 4.2.1)', (_, content) => {
    const bytes = encodeClientHello({ ...typical, ...content });
    const withoutCookie = parsed({ ...typical, legacyVersion: content.legacyVersion });
    expect(parseClientHello(bytes, 'dtls')).toEqual({ ok: true, value: withoutCookie });
  });

  it('whose cookie passes its end is rejected by name', () => {
    const bytes = Uint8Array.from([1, 0, 0, 36, 0xfe, 0xfd, ...new Uint8Array(32), 0, 9]);
    expect(parseClientHello(bytes, 'dtls')).toEqual({ ok: false, reason: 'bad-cookie', at: 39 });
  });

  it('is another message without the cookie: TLS and QUIC have none', () => {
    const bytes = encodeClientHello(dtls);
    expect(parseClientHello(bytes, 'dtls').ok).toBe(true);
    expect(parseClientHello(bytes, 'tcp').ok).toBe(false);
    expect(parseClientHello(bytes, 'quic')).toEqual(parseClientHello(bytes, 'tcp'));
  });
});

describe('bytes that are no ClientHello', () => {
  it('of another handshake type are told apart from broken ones', () => {
    expect(parseClientHello(Uint8Array.of(2, 0, 0, 0))).toEqual({
      ok: false,
      reason: 'not-client-hello',
      at: 0,
    });
  });

  it.each([
    ['SSL 2.0', [0x00, 0x02]],
    ['SSL 3.0', [0x03, 0x00]],
    ['TLS 1.0', [0x03, 0x01]],
  ])(
    'but one of the SSL 2.0 form that offers %s are rejected as such (RFC 5246, appendix E.2)',
    (_, version) => {
      const hello = Uint8Array.from([0x80, 0x2e, 1, ...version, 0, 3, 0, 0, 0, 16, 7, 0, 0xc0]);
      expect(parseClientHello(hello)).toEqual({ ok: false, reason: 'sslv2-hello', at: 0 });
    },
  );

  it('cut off anywhere are truncated, at the end of what is there', () => {
    const bytes = encodeClientHello(typical);
    for (let length = 0; length < bytes.length; length++) {
      expect(parseClientHello(bytes.subarray(0, length))).toEqual({
        ok: false,
        reason: 'truncated',
        at: length,
      });
    }
  });

  const body = (...bytes: number[]) => Uint8Array.from([1, 0, 0, bytes.length, ...bytes]);
  const random = new Array<number>(32).fill(0);
  it.each([
    ['shorter than version and random', 'bad-header', body(3, 3, 1)],
    ['with a session id past its end', 'bad-session-id', body(3, 3, ...random, 9)],
    ['with a session id of more than 32 bytes', 'bad-session-id', body(3, 3, ...random, 33, ...random, 0)],
    ['with half a cipher suite', 'bad-cipher-suites', body(3, 3, ...random, 0, 0, 3, 1, 2, 3)],
    ['with cipher suites past its end', 'bad-cipher-suites', body(3, 3, ...random, 0, 0, 4, 1, 2)],
    ['without compression methods', 'bad-compression-methods', body(3, 3, ...random, 0, 0, 2, 1, 2)],
    ['with an extension block past its end', 'bad-extensions', body(3, 3, ...random, 0, 0, 0, 1, 0, 0, 9)],
    ['with half an extension block length', 'bad-extensions', body(3, 3, ...random, 0, 0, 0, 1, 0, 0)],
    ['with half an extension header', 'bad-extensions', body(3, 3, ...random, 0, 0, 0, 1, 0, 0, 3, 0, 13, 0)],
    [
      'with an extension past its block',
      'bad-extensions',
      body(3, 3, ...random, 0, 0, 0, 1, 0, 0, 5, 0, 13, 0, 2, 9),
    ],
    ['with half an extension', 'bad-extensions', body(3, 3, ...random, 0, 0, 0, 1, 0, 0, 2, 0, 13)],
  ])('%s are rejected by name', (_, reason, bytes) => {
    expect(parseClientHello(bytes)).toMatchObject({ ok: false, reason });
  });
});

const code = fc.integer({ min: 0, max: 0xffff });
const transport = fc.constantFrom('tcp', 'quic', 'dtls');

describe('any input', () => {
  it('gives a result, never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), transport, (bytes, over) => {
        const result = parseClientHello(bytes, over);
        if (result.ok) fingerprint(result.value, over);
        else expect(result.at).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });

  it('made from a real hello by changing, cutting and repeating bytes gives a result that its length bounds', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    const repeat = fc.tuple(fc.nat(), fc.nat({ max: 64 }));
    const mutation = fc.tuple(fc.array(change, { maxLength: 8 }), fc.option(repeat), fc.option(fc.nat()));
    fc.assert(
      fc.property(mutation, transport, ([changes, repeated, cut], over) => {
        const cookie = over === 'dtls' ? { cookie: Uint8Array.of(7, 7) } : {};
        const mutated = mutate(encodeClientHello({ ...typical, ...cookie }), changes, repeated, cut);
        const result = parseClientHello(mutated, over);
        if (!result.ok) {
          expect(result.at).toBeLessThanOrEqual(mutated.length);
          return;
        }
        const { cipherSuites, extensions, alpn, serverName } = result.value;
        expect(cipherSuites.length * 2 + extensions.length * 4).toBeLessThan(mutated.length);
        expect(alpn.join('').length + alpn.length + (serverName?.length ?? 0)).toBeLessThan(mutated.length);
        const prints = fingerprint(result.value, over);
        expect(prints.ja4).toMatch(/^[tqd]..[di]\d{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/);
        expect(prints.tls_stack).toMatch(/^[tqd]..x\d{4}xx_[0-9a-f]{12}_[0-9a-f]{12}$/);
        expect(ja4o(result.value, over).slice(0, 10)).toBe(prints.ja4.slice(0, 10));
      }),
      { numRuns: 2000 },
    );
  });

  it('that was encoded comes back as it was', () => {
    const content = fc.record({
      legacyVersion: code,
      sessionId: fc.uint8Array({ maxLength: 32 }),
      cookie: fc.option(fc.uint8Array({ maxLength: 255 }), { nil: undefined }),
      cipherSuites: fc.array(code, { maxLength: 40 }),
      compressionMethods: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 4 }),
      versions: fc.array(code, { maxLength: 5 }),
      groups: fc.array(code, { maxLength: 9 }),
      formats: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 3 }),
      algorithms: fc.array(code, { maxLength: 30 }),
      name: fc.string({ minLength: 1, maxLength: 30, unit: 'binary-ascii' }),
      alpn: fc.array(fc.string({ minLength: 1, maxLength: 9, unit: 'grapheme-ascii' }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(content, ({ versions, groups, formats, algorithms, name, alpn, cookie, ...rest }) => {
        const extensions = [
          encodeExtension.supportedVersions(...versions),
          encodeExtension.alpn(...alpn),
          encodeExtension.serverName(name),
          encodeExtension.supportedGroups(...groups),
          encodeExtension.ecPointFormats(...formats),
          encodeExtension.signatureAlgorithms(...algorithms),
        ];
        const dtls = cookie !== undefined;
        const bytes = encodeClientHello({ ...rest, ...(dtls ? { cookie } : {}), extensions });
        expect(parseClientHello(bytes, dtls ? 'dtls' : 'tcp')).toEqual({
          ok: true,
          value: {
            legacyVersion: rest.legacyVersion,
            sessionIdLength: rest.sessionId.length,
            cipherSuites: rest.cipherSuites,
            compressionMethods: rest.compressionMethods,
            extensions: [43, 16, 0, 10, 11, 13],
            malformedExtensions: [],
            supportedVersions: versions,
            alpn,
            serverName: name,
            supportedGroups: groups,
            ecPointFormats: formats,
            signatureAlgorithms: algorithms,
            hasPreSharedKey: false,
            hasSessionTicket: false,
          },
        });
      }),
    );
  });
});

/** The bytes with some of them overwritten, a piece of them there twice, and an end cut off. */
function mutate(
  bytes: Uint8Array,
  changes: readonly (readonly [at: number, value: number])[],
  repeated: readonly [at: number, length: number] | null,
  cut: number | null,
): Uint8Array {
  const changed = bytes.slice();
  for (const [at, value] of changes) changed[at % changed.length] = value;
  const [at, length] = repeated ?? [0, 0];
  const start = at % changed.length;
  const piece = changed.subarray(start, start + length);
  const whole = Uint8Array.from([...changed.subarray(0, start), ...piece, ...changed.subarray(start)]);
  return cut === null ? whole : whole.subarray(0, cut % whole.length);
}
