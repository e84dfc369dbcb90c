import { Http2ClientReader, h2Fields } from '../../packages/fingerprints/src/http2/index.ts';
import type { FuzzTarget } from '../fuzz-target.ts';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

const frame = (type: number, flags: number, stream: number, payload: readonly number[]) =>
  Buffer.from([0, payload.length >> 8, payload.length & 0xff, type, flags, 0, 0, 0, stream, ...payload]);

const settings = frame(
  4,
  0,
  0,
  [0, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 4, 0, 0x60, 0, 0, 0x1a, 0x2a, 0, 0, 0, 1],
);
const windowUpdate = frame(8, 0, 0, [0, 0xef, 0, 1]);
const priority = frame(2, 0, 3, [0, 0, 0, 0, 200]);
/** `:method: GET`, `:path: /`, `:authority` (Huffman), `:scheme: https`, a table size update before them. */
const block = [
  0x20, 0x82, 0x84, 0x41, 0x8c, 0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff, 0x87,
];

const inOnePiece = (...frames: Uint8Array[]) => Buffer.concat([Uint8Array.of(255, 1), preface, ...frames]);

function read(bytes: Uint8Array, pieces: number): unknown {
  const reader = new Http2ClientReader();
  let result = reader.push(bytes.subarray(0, pieces));
  for (let at = pieces; at < bytes.length && !result.ok && result.reason === 'truncated'; at += pieces)
    result = reader.push(bytes.subarray(at, at + pieces));
  return result;
}

/** A client's first bytes over HTTP/2, whole and in pieces whose length the first byte gives. */
export const target: FuzzTarget = {
  longest: 4096,
  seeds: () => [
    inOnePiece(settings, windowUpdate, frame(1, 5, 1, block)),
    inOnePiece(settings, priority, frame(1, 0x2d, 1, [2, 0x80, 0, 0, 0, 41, ...block, 0, 0])),
    inOnePiece(settings, frame(1, 1, 1, block.slice(0, 6)), frame(9, 4, 1, block.slice(6))),
    inOnePiece(settings, frame(4, 1, 0, []), frame(0x15, 0, 0, [1]), frame(16, 0, 0, [0, 0, 0, 1, 0x75])),
  ],
  run(input) {
    const pieces = 1 + (input[0] ?? 0);
    const bytes = (input[1] ?? 0) === 0 ? Buffer.concat([preface, input.subarray(2)]) : input.subarray(2);
    const whole = read(bytes, Math.max(1, bytes.length));
    const divided = read(bytes, pieces);
    if (JSON.stringify(whole) !== JSON.stringify(divided)) throw new Error('in pieces it reads otherwise');
    const reader = new Http2ClientReader();
    const result = reader.push(bytes);
    const fields = h2Fields(result.ok ? result.value : reader.client);
    if (!/^[\x21-\x7e]*$/.test(fields.h2_fingerprint) || fields.h2_fingerprint.length > 2048)
      throw new Error(`not a fingerprint: ${fields.h2_fingerprint}`);
  },
};
