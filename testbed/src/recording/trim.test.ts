import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Connection, Trimmer } from './trim.ts';

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
  return Buffer.concat([ethernet, ip, tcp, payload]);
}

/** The frames that are kept, and for which connection. */
function trimmed(...frames: Buffer[]): { kept: Buffer[]; connections: Set<Connection> } {
  const trimmer = new Trimmer();
  const connections = new Set<Connection>();
  const kept = frames.filter((frame, i) => {
    const connection = trimmer.keep(frame, i);
    if (connection) connections.add(connection);
    return connection !== undefined;
  });
  return { kept, connections };
}

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
    expect(trimmed(...kept, after).kept).toEqual(kept);
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
    const { kept, connections } = trimmed(...one, ...rest);
    expect(kept).toEqual(one);
    expect([...connections].map(({ address, port }) => `${address} ${port}`)).toEqual([':: 1', ':: 2']);
  });

  it('drops segments without payload, and frames that are not TCP', () => {
    const syn = frame({ port: 1, sequence: 1, syn: true });
    expect(trimmed(syn, frame({ port: 1, sequence: 2 }), Buffer.alloc(80), Buffer.alloc(3)).kept).toEqual([
      syn,
    ]);
  });

  it('knows a SYN that was sent again from a port that was used again', () => {
    const opening = frame({ port: 1, sequence: 7, syn: true });
    expect(trimmed(opening, opening).connections.size).toBe(1);
    const reused = frame({ port: 1, sequence: 90_000, syn: true });
    expect(trimmed(opening, reused).connections.size).toBe(2);
  });

  it('never throws, whatever is in a frame', () => {
    const trimmer = new Trimmer();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (bytes, six) => {
        const data = Buffer.from(bytes);
        if (data.length > 20) data.writeUInt16BE(six ? 0x86dd : 0x0800, 12);
        trimmer.keep(data, 0);
      }),
    );
  });
});
