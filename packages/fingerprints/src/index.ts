export { type ClientHello, type ClientHelloFailure, isSslv2Hello, parseClientHello } from './client-hello.ts';
export { extensionType } from './client-hello-extensions.ts';
export {
  type ClientHelloContent,
  type EncodedExtension,
  encodeClientHello,
  encodeExtension,
} from './encode-client-hello.ts';
export { type Fingerprint, fingerprint } from './fingerprint.ts';
export { isGrease } from './grease.ts';
export { ja3, ja3Hash } from './ja3.ts';
export { ja4, ja4o, ja4r, ja4ro } from './ja4.ts';
export { type HelloTransport, offeredTlsVersion } from './offered-version.ts';
export type { ParseResult } from './parse-result.ts';
export { tlsStack } from './tls-stack.ts';
