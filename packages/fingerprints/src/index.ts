export { type ClientHello, type ClientHelloFailure, parseClientHello } from './client-hello.ts';
export { extensionType } from './client-hello-extensions.ts';
export {
  type ClientHelloContent,
  type EncodedExtension,
  encodeClientHello,
  encodeExtension,
} from './encode-client-hello.ts';
export { type Fingerprint, fingerprint } from './fingerprint.ts';
export { isGrease } from './grease.ts';
export type { HelloTransport } from './hello-transport.ts';
export { ja3, ja3Hash } from './ja3.ts';
export { ja4, ja4o, ja4r, ja4ro } from './ja4.ts';
export { offeredTlsVersion } from './offered-version.ts';
export type { ParseResult } from './parse-result.ts';
export { InitialFrames } from './quic/initial-frames.ts';
export { deriveInitialKeys, initialKeysLength } from './quic/initial-keys.ts';
export { openInitial, sealInitial } from './quic/initial-protection.ts';
export { LongHeader, type LongHeaderOutcome, parseLongHeader } from './quic/long-header.ts';
export {
  guessedVersions,
  type QuicVersion,
  type QuicVersionRefusal,
  quicVersion,
  refusedVersion,
} from './quic/quic-version.ts';
export { hopDistance, initialTtl, type TcpSyn, tcpSignature } from './tcp-signature.ts';
export { readSynOptions, type TcpSynOptions } from './tcp-signature-options.ts';
export { readSynQuirks, synHeaderQuirks } from './tcp-signature-quirks.ts';
export { tlsStack } from './tls-stack.ts';
