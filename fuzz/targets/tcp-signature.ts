import { readSynOptions, readSynQuirks, tcpSignature } from '../../packages/fingerprints/src/index.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { InputReader } from '../input-reader.ts';

const linux = [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7];
const mac = [2, 4, 5, 180, 1, 3, 3, 6, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 4, 2, 0, 0];

const form = /^[46]\|(?:32|64|128|255)\|[a-z0-9*]+\|[a-z0-9,=+-]+\|[a-z0-9,-]+$/;

/** IP version, TTL, window, 60 bytes of IP and TCP header, then the options of a SYN. */
export const target: FuzzTarget = {
  longest: 120,
  seeds: () =>
    [linux, mac, [2, 4, 5, 180, 1, 1, 4, 2], [0, 1], []].map((options) => {
      const headers = new Uint8Array(60);
      headers[0] = 0x45;
      headers[32] = 0x50;
      return Uint8Array.from([4, 64, 0xfa, 0xf0, ...headers, ...options]);
    }),
  run(input) {
    const reader = new InputReader(input);
    const ipVersion = (reader.byte() & 2) === 0 ? 4 : 6;
    const ttl = reader.byte();
    const window = reader.uint16();
    const headers = new Uint8Array(60);
    headers.set(reader.take(60));
    headers[0] = (ipVersion << 4) | (headers[0]! & 0x0f);
    const bytes = reader.take(40);
    const options = readSynOptions(bytes);
    const quirks = readSynQuirks(headers, 0, 40, bytes.length > 0);
    const signature = tcpSignature({ ipVersion, ttl, window, options, quirks });
    if (!form.test(signature)) throw new Error(`not a signature: ${signature}`);
    if (signature.length > 400 || options.names.length > 400) throw new Error('a long signature');
    if (options.mss !== undefined && options.mss > 0xffff) throw new Error('an MSS of more than 16 bits');
  },
};
