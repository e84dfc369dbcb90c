import {
  encodeClientHello,
  encodeExtension,
  fingerprint,
  type HelloTransport,
  ja3Hash,
  ja4,
  ja4o,
  ja4r,
  ja4ro,
  parseClientHello,
  tlsStack,
} from '../../packages/fingerprints/src/index.ts';
import type { FuzzTarget } from '../fuzz-target.ts';

const transports: readonly HelloTransport[] = ['tcp', 'quic', 'dtls'];

const form = /^[tqd](?:\d\d|s[23]|d[123])[di]\d{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/;

const seed = (transport: HelloTransport) =>
  Buffer.concat([
    Uint8Array.of(transports.indexOf(transport)),
    encodeClientHello({
      ...(transport === 'dtls' ? { cookie: new Uint8Array(20) } : {}),
      sessionId: new Uint8Array(32),
      cipherSuites: [0x0a0a, 0x1301, 0x1302, 0xc02b],
      extensions: [
        encodeExtension.opaque(0x2a2a),
        encodeExtension.serverName('shop.example'),
        encodeExtension.supportedGroups(0x1a1a, 29, 23),
        encodeExtension.ecPointFormats(0),
        encodeExtension.alpn('h2', 'http/1.1'),
        encodeExtension.signatureAlgorithms(0x0403, 0x0804),
        encodeExtension.supportedVersions(0x3a3a, 0x0304, 0x0303),
        encodeExtension.opaque(35, 16),
        encodeExtension.opaque(41, 40),
        encodeExtension.opaque(21, 8),
      ],
    }),
  ]);

/** One handshake message of any transport (chosen by the first byte), and every fingerprint of it. */
export const target: FuzzTarget = {
  longest: 4096,
  seeds: () => transports.map(seed),
  run(input) {
    const transport = transports[(input[0] ?? 0) % transports.length]!;
    const parsed = parseClientHello(input.subarray(1), transport);
    if (!parsed.ok) {
      if (!(parsed.at >= 0 && parsed.at <= input.length)) throw new Error(`broken at ${parsed.at}?`);
      return;
    }
    const hello = parsed.value;
    const all = fingerprint(hello, transport);
    if (!form.test(all.ja4)) throw new Error(`not a JA4: ${all.ja4}`);
    const one = [
      ja3Hash(hello),
      ja4(hello, transport),
      ja4r(hello, transport),
      tlsStack(hello, transport),
    ].join();
    // What was remembered of an equal hello must be what this one gives.
    if (one !== [all.ja3_hash, all.ja4, all.ja4_r, all.tls_stack].join())
      throw new Error('one at a time the fingerprints differ');
    const a = all.ja4.slice(0, 10);
    for (const other of [ja4o(hello, transport), ja4ro(hello, transport)])
      if (!other.startsWith(a)) throw new Error('the original order changed part a');
    if (JSON.stringify(all).length > 64 * 1024 + 16 * input.length) throw new Error('an unbounded text');
  },
};
