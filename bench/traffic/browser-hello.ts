import { encodeClientHello, encodeExtension } from '@ja4/fingerprints';
import { handshakeRecords } from '@ja4/sentinel';

/**
 * Records of a hello as Chromium and Firefox send them: 16 ciphers, 16 extensions, an ML-KEM key share; about
 * 1.8 kB, which travel in two segments.
 */
export function browserHello(name: string): Uint8Array {
  return handshakeRecords(
    encodeClientHello({
      sessionId: new Uint8Array(32),
      cipherSuites: [
        0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
        0x009c, 0x009d, 0x002f, 0x0035,
      ],
      extensions: [
        encodeExtension.opaque(0x1a1a),
        encodeExtension.serverName(name),
        encodeExtension.opaque(23),
        encodeExtension.opaque(0xff01, 1),
        encodeExtension.supportedGroups(0x11ec, 29, 23, 24),
        encodeExtension.ecPointFormats(0),
        encodeExtension.opaque(35),
        encodeExtension.alpn('h2', 'http/1.1'),
        encodeExtension.opaque(5, 5),
        encodeExtension.signatureAlgorithms(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601),
        encodeExtension.opaque(18),
        encodeExtension.opaque(51, 1263),
        encodeExtension.opaque(45, 2),
        encodeExtension.supportedVersions(0x2a2a, 0x0304, 0x0303),
        encodeExtension.opaque(27, 3),
        encodeExtension.opaque(0xfe0d, 218),
      ],
    }),
  );
}
