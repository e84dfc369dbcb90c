import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceExclusions } from '../source-exclusions.ts';
import { handshakeRecords } from '../synthetic/index.ts';
import { client, helloOf, server, Wire } from './udp-flows.test-support.ts';

const hello = helloOf('vpn.example', 600);
const record = handshakeRecords(hello);

interface Control {
  number: number;
  /** Bytes of `tls-auth`. */
  authentication?: number;
  acknowledged?: number;
  opcode?: number;
}

function controlPacket(tls: Uint8Array, control: Control): Uint8Array {
  const { number, authentication = 0, acknowledged = 1, opcode = 4 } = control;
  return Buffer.concat([
    Buffer.of(opcode << 3),
    Buffer.alloc(8, 0x77),
    Buffer.alloc(authentication, 0x99),
    Buffer.of(acknowledged),
    Buffer.alloc(4 * acknowledged),
    Buffer.alloc(acknowledged > 0 ? 8 : 0, 0x66),
    Buffer.of(0, 0, 0, number),
    tls,
  ]);
}

describe('the hello of an OpenVPN client', () => {
  it.each([0, 24, 28, 40, 72])('is found behind %i bytes of authentication', (authentication) => {
    for (const acknowledged of [0, 1, 4]) {
      const wire = new Wire();
      wire.toServer(controlPacket(record, { number: 1, authentication, acknowledged }));
      expect(wire.messages()).toEqual([hello]);
      expect(wire.hellos[0]).toMatchObject({ transport: 'tcp', from: '192.0.2.1:50000' });
      expect(wire.counted()).toEqual({});
    }
  });

  it('is put together from control packets in order, some of them twice', () => {
    const sizes = fc.array(fc.integer({ min: 50, max: 200 }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(sizes, fc.constantFrom(0, 28), fc.nat(1), (sizes, authentication, repeats) => {
        const wire = new Wire();
        let at = 0;
        sizes.forEach((size, i) => {
          if (at >= record.length) return;
          const packet = controlPacket(record.subarray(at, at + size), { number: i + 1, authentication });
          for (let n = 0; n <= repeats * Math.min(i, 1); n++) wire.toServer(packet);
          at += size;
        });
        expect(wire.messages()).toEqual([hello]);
      }),
    );
  });

  it('is emitted once, and again for another session on the same ports', () => {
    const other = helloOf('vpn.example', 600, 2);
    const wire = new Wire();
    for (const message of [hello, hello, other]) {
      wire.toServer(controlPacket(handshakeRecords(message), { number: 1 }));
    }
    expect(wire.messages()).toEqual([hello, other]);
    expect(wire.counted()).toMatchObject({ hellos_retransmitted: 1 });
  });

  it('is not looked for from excluded sources, nor in what is no control packet', () => {
    const wire = new Wire({}, new SourceExclusions([client[0]]));
    wire.toServer(controlPacket(record, { number: 1 }));
    wire.send(['203.0.113.1', 1], server, controlPacket(record, { number: 1, opcode: 6 }));
    expect(wire.hellos).toEqual([]);
    expect(wire.counted()).toEqual({ connections_excluded: 1, datagrams_other: 2 });
  });
});

describe('the hello of an RDP client over UDP', () => {
  it.each(['00', 'ff'])(
    'is found behind its header, which starts with %s, at the port of servers',
    (first) => {
      const wire = new Wire();
      const datagram = Buffer.concat([Buffer.from(`${first}14c101f40164e064000100`, 'hex'), record]);
      wire.send(client, ['198.51.100.7', 3389], datagram);
      wire.send(client, ['198.51.100.7', 3390], datagram);
      expect(wire.messages()).toEqual([hello]);
      expect(wire.counted()).toEqual({ datagrams_other: 1 });
    },
  );
});

describe('TLS records in datagrams', () => {
  it('are read without harm, whatever the bytes', () => {
    const damaged = fc
      .record({ number: fc.nat(3), at: fc.nat(80), value: fc.nat(255), cut: fc.nat(700), from: fc.nat(600) })
      .map(({ number, at, value, cut, from }) => {
        const packet = controlPacket(record.subarray(from % 2 === 0 ? 0 : from), { number });
        packet[at] = value;
        return packet.subarray(0, cut);
      });
    fc.assert(
      fc.property(fc.array(fc.oneof(damaged, fc.uint8Array()), { maxLength: 20 }), (datagrams) => {
        const wire = new Wire({ flows: 3, heldBytes: 4096 });
        for (const datagram of datagrams) {
          wire.toServer(datagram);
          wire.send(client, ['198.51.100.7', 3389], datagram);
        }
        wire.flows.clear();
        expect(wire.flows.size).toBe(0);
      }),
    );
  });
});
