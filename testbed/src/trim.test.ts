import { describe, expect, it } from 'vitest';
import { trimCapture } from './trim.ts';

interface Frame {
  port: number;
  sequence: number;
  syn?: boolean;
  payload?: Buffer;
  six?: boolean;
}

function frame({ port, sequence, syn = false, payload = Buffer.alloc(0), six = false }: Frame): Buffer {
  const ip = Buffer.alloc(six ? 40 : 20);
  if (six) {
    ip[0] = 0x60;
    ip.writeUInt16BE(20 + payload.length, 4);
    ip[6] = 6;
  } else {
    ip[0] = 0x45;
    ip.writeUInt16BE(40 + payload.length, 2);
    ip[9] = 6;
  }
  const tcp = Buffer.alloc(20);
  tcp.writeUInt16BE(port, 0);
  tcp.writeUInt32BE(sequence >>> 0, 4);
  tcp[12] = 0x50;
  tcp[13] = syn ? 0x02 : 0x18;
  const ethernet = Buffer.alloc(14);
  ethernet.writeUInt16BE(six ? 0x86dd : 0x0800, 12);
  const data = Buffer.concat([ethernet, ip, tcp, payload]);
  const head = Buffer.alloc(16);
  head.writeUInt32LE(data.length, 8);
  head.writeUInt32LE(data.length, 12);
  return Buffer.concat([head, data]);
}

const fileHeader = Buffer.alloc(24);
const capture = (...frames: Buffer[]) => Buffer.concat([fileHeader, ...frames]);
/** A record of `length` bytes of content. */
const record = (length: number) =>
  Buffer.concat([Buffer.from([22, 3, 1, length >> 8, length & 255]), Buffer.alloc(length)]);

describe('trimming a capture', () => {
  it('keeps the SYN and a hello of two segments, and drops what follows', () => {
    const hello = record(2000);
    const kept = [
      frame({ port: 1, sequence: 0xfffffff0, syn: true }),
      frame({ port: 1, sequence: 0xfffffff1, payload: hello.subarray(0, 1400) }),
      frame({ port: 1, sequence: 0xfffffff1 + 1400, payload: hello.subarray(1400) }),
    ];
    const after = frame({ port: 1, sequence: 0xfffffff1 + 2005, payload: Buffer.alloc(100) });
    expect(trimCapture(capture(...kept, after))).toEqual(capture(...kept));
  });

  it('keeps connections apart and works for IPv6', () => {
    const one = [
      frame({ port: 1, sequence: 10, syn: true, six: true }),
      frame({ port: 2, sequence: 500, syn: true, six: true }),
      frame({ port: 2, sequence: 501, payload: record(50), six: true }),
      frame({ port: 1, sequence: 11, payload: record(40), six: true }),
    ];
    const rest = [
      frame({ port: 2, sequence: 556, payload: record(50), six: true }),
      frame({ port: 3, sequence: 9, payload: record(5), six: true }),
    ];
    expect(trimCapture(capture(...one, ...rest))).toEqual(capture(...one));
  });

  it('drops segments without payload and stops at a cut file', () => {
    const syn = frame({ port: 1, sequence: 1, syn: true });
    const cut = frame({ port: 1, sequence: 2, payload: record(30) }).subarray(0, 40);
    expect(trimCapture(capture(syn, frame({ port: 1, sequence: 2 }), cut))).toEqual(capture(syn));
  });
});
