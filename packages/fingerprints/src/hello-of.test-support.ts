import { type ClientHello, parseClientHello } from './client-hello.ts';
import { type ClientHelloContent, encodeClientHello } from './encode-client-hello.ts';
import type { HelloTransport } from './hello-transport.ts';

/** The parsed hello with this content; over DTLS it has an empty cookie unless the content names one. */
export function helloOf(
  content: Partial<ClientHelloContent>,
  transport: HelloTransport = 'tcp',
): ClientHello {
  const cookie = transport === 'dtls' ? { cookie: new Uint8Array(0) } : {};
  const bytes = encodeClientHello({ cipherSuites: [0x1301], ...cookie, ...content });
  const result = parseClientHello(bytes, transport);
  if (!result.ok) throw new Error(`${result.reason} at ${result.at}`);
  return result.value;
}
