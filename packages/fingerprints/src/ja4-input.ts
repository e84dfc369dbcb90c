import type { ClientHello } from './client-hello.ts';
import { CodeList } from './code-list.ts';
import type { HelloTransport } from './hello-transport.ts';
import { highestVersionValue, newestVersion } from './offered-version.ts';

/** Whether ciphers and extensions are sorted, as JA4 has them, or in wire order, as JA4_o has them. */
export type ListOrder = 'sorted' | 'wire';

const transportCodes = { tcp: 0, quic: 1, dtls: 2 } as const;
const transports: readonly HelloTransport[] = ['tcp', 'quic', 'dtls'];

const shared = new CodeList();

/**
 * All that JA4 and the stack key depend on, as one list of codes without GREASE:
 *
 *     transport | version | newest | ALPN | n | n cipher suites | m | m extensions | signature algorithms
 *
 * `version` is JA4's, `newest` the newest offered (another one only in DTLS), `ALPN` the first and last byte
 * of the first protocol, 0 when there is none. The list is a shared one, valid until the next call.
 */
export function ja4Input(hello: ClientHello, transport: HelloTransport, order: ListOrder): CodeList {
  const input = shared.clear();
  input.push(transportCodes[transport]);
  const version = highestVersionValue(hello);
  input.push(version);
  input.push(transport === 'dtls' ? newestVersion(hello, transport) : version);
  input.push(alpnEnds(hello.alpn[0] ?? ''));
  appendList(input, hello.cipherSuites, order);
  appendList(input, hello.extensions, order);
  input.appendWithoutGrease(hello.signatureAlgorithms);
  return input;
}

function appendList(input: CodeList, list: readonly number[], order: ListOrder): void {
  const start = input.length + 1;
  input.appendCounted(list);
  if (order === 'sorted') input.sortFrom(start);
}

function alpnEnds(protocol: string): number {
  return protocol === '' ? 0 : (protocol.charCodeAt(0) << 8) | protocol.charCodeAt(protocol.length - 1);
}

/** Where a list lies in the codes of an input: `[from, to)`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The parts of a {@link ja4Input}. */
export function readJa4Input({ codes, length }: CodeList) {
  const ciphers: Span = { from: 5, to: 5 + codes[4]! };
  const extensions: Span = { from: ciphers.to + 1, to: ciphers.to + 1 + codes[ciphers.to]! };
  const algorithms: Span = { from: extensions.to, to: length };
  return {
    codes,
    transport: transports[codes[0]!]!,
    version: codes[1]!,
    newestVersion: codes[2]!,
    alpnEnds: codes[3]!,
    ciphers,
    extensions,
    algorithms,
  };
}

export type Ja4Input = ReturnType<typeof readJa4Input>;
