import type { ClientHello } from './client-hello.ts';
import { extensionType } from './client-hello-extensions.ts';
import { countKept, hexText, leavingOut, none } from './code-text.ts';
import { truncatedSha256 } from './digest.ts';
import { type HelloCodes, readCodes, sortedCodes, wireCodes } from './hello-codes.ts';
import type { HelloTransport } from './hello-transport.ts';
import { countText, type Ja4Parts, protocolAndVersion, withAlgorithms } from './ja4.ts';

/** Extensions that come and go with the connection, not with the software that opens it. */
const perConnection = leavingOut(
  extensionType.serverName,
  extensionType.alpn,
  extensionType.padding,
  // Firefox leaves compress_certificate out of some of one visit's connections, and session_ticket out of
  // those that resume with a pre-shared key (measured on Firefox ESR).
  extensionType.compressCertificate,
  extensionType.sessionTicket,
  extensionType.preSharedKey,
  extensionType.earlyData,
  extensionType.cookie,
  // Settings for HTTP/2, which Chromium leaves out when it offers HTTP/1.1 only, as for a WebSocket.
  extensionType.applicationSettingsOld,
  extensionType.applicationSettings,
);

/**
 * The key of a client's TLS stack: one value for one piece of software, whether it resumes a session, opens
 * a WebSocket, visits an address without a name or needs padding, where JA4 gives it several.
 *
 * The form is JA4's, with the neutral letter `x` where JA4 describes the connection:
 * `t13x1514xx_8daaf6152771_02713d6af862` is transport and version (`t13`), `x` for SNI, cipher count (`15`),
 * extension count (`14`), `xx` for ALPN, then the two hashes. The extensions server_name (0), ALPN (16),
 * padding (21), compress_certificate (27), session_ticket (35), pre_shared_key (41), early_data (42),
 * cookie (44) and application_settings (17513, 17613) are left out of the count and of the last hash;
 * everything else follows the rules of JA4. The `x` keeps it from being mistaken for a JA4.
 */
export function tlsStack(hello: ClientHello, transport: HelloTransport): string {
  const codes = readCodes(sortedCodes(wireCodes(hello, transport)));
  const { a, extensions } = tlsStackParts(codes);
  const ciphers = hexText(codes.codes, codes.ciphers, none);
  return `${a}_${truncatedSha256(ciphers)}_${truncatedSha256(extensions)}`;
}

/** The stack key's own parts before hashing; the one between them, the cipher suites, is JA4's. */
export function tlsStackParts(hello: HelloCodes): Omit<Ja4Parts, 'ciphers'> {
  const { codes, ciphers, extensions } = hello;
  const counts =
    countText(ciphers.to - ciphers.from) + countText(countKept(codes, extensions, perConnection));
  return {
    a: `${protocolAndVersion(hello)}x${counts}xx`,
    extensions: withAlgorithms(hexText(codes, extensions, perConnection), hello),
  };
}
