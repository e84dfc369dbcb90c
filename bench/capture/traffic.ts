import { closeSync, openSync, writeSync } from 'node:fs';
import { frame, ipPacket, linuxSynOptions, pcapFile, type TcpPacket } from '@ja4/sentinel';
import { browserHello } from '../traffic/browser-hello.ts';

/** What is in a made capture. */
export interface Traffic {
  readonly packets: number;
  /** Connections, each with one ClientHello. */
  readonly hellos: number;
  /** Packets that open a connection or carry a client's data: what a capture filter should let through. */
  readonly wanted: number;
  readonly megabytes: number;
}

/** Packets of a connection: what a browser and a server exchange for a page, acknowledgements included. */
const packetsPerConnection = 100;
const ethernetHeader = 14;
const pcapRecordHeader = 16;
const server = { 4: '198.18.0.10', 6: '2001:db8::10' } as const;
const client = { 4: '198.19.0.1', 6: '2001:db8:1::1' } as const;

/** One packet of a connection, to be copied and given the connection's client address and port. */
interface Template {
  readonly record: Uint8Array;
  /** Offsets of the last two bytes of the client's address, and of its port. */
  readonly addressAt: number;
  readonly portAt: number;
  readonly wanted: boolean;
}

/** A connection's packets over one IP version: handshake, hello, then data and acknowledgements both ways. */
function templates(version: 4 | 6): Template[] {
  const bytes = browserHello('shop.example');
  const up = { src: client[version], srcPort: 0, dst: server[version], dstPort: 443, id: 1 };
  const down = { src: up.dst, srcPort: 443, dst: up.src, dstPort: 0, id: 1 };
  const answer = new Uint8Array(200).fill(0x17);
  const request = new Uint8Array(120).fill(0x17);
  const packets: TcpPacket[] = [
    { ...up, sequence: 1000, flags: 0x02, options: linuxSynOptions },
    { ...down, sequence: 5000, flags: 0x12, options: linuxSynOptions },
    { ...up, sequence: 1001, flags: 0x10 },
    { ...up, sequence: 1001, flags: 0x18, payload: bytes.subarray(0, 1400) },
    { ...up, sequence: 2401, flags: 0x18, payload: bytes.subarray(1400) },
    { ...down, sequence: 5001, flags: 0x10 },
  ];
  for (let i = packets.length; i < packetsPerConnection; i++) {
    const sequence = 1001 + bytes.length + i * request.length;
    if (i % 10 === 0) packets.push({ ...up, sequence, flags: 0x18, payload: request });
    else if (i % 2 === 0) packets.push({ ...up, sequence, flags: 0x10 });
    else packets.push({ ...down, sequence: 5001 + i * answer.length, flags: 0x18, payload: answer });
  }
  return packets.map((packet) => {
    const isUp = packet.dstPort === 443;
    const ip = version === 4 ? { header: 20, source: 12, length: 4 } : { header: 40, source: 8, length: 16 };
    const start = pcapRecordHeader + ethernetHeader;
    return {
      record: pcapFile([{ timestampNs: 1.7e18, bytes: frame(1, ipPacket(packet)) }]).subarray(24),
      addressAt: start + ip.source + (isUp ? 0 : ip.length) + ip.length - 2,
      portAt: start + ip.header + (isUp ? 0 : 2),
      wanted: isUp && (packet.flags === 0x02 || packet.payload !== undefined),
    };
  });
}

/**
 * Writes a capture of `connections` connections, 100 of them at a time: every 100th packet is the next one of
 * the same connection. One in eight is IPv6.
 */
export function writeTraffic(path: string, connections: number): Traffic {
  const [v4, v6] = [templates(4), templates(6)];
  const file = openSync(path, 'w');
  writeSync(file, pcapFile([]));
  const batch = new Uint8Array(8 << 20);
  let filled = 0;
  let written = 0;
  let wanted = 0;
  for (let round = 0; round < connections + packetsPerConnection - 1; round++) {
    for (let step = 0; step < packetsPerConnection; step++) {
      const connection = round - step;
      if (connection < 0 || connection >= connections) continue;
      const template = (connection % 8 === 0 ? v6 : v4)[step];
      if (template === undefined) continue;
      const { record, addressAt, portAt } = template;
      if (filled + record.length > batch.length) {
        written += writeSync(file, batch, 0, filled);
        filled = 0;
      }
      batch.set(record, filled);
      const host = 1 + (connection >> 14);
      // Above 8443, which is watched too: answers to a client's port of that number would pass the filter.
      const port = 20_000 + (connection & 0x3fff);
      batch[filled + addressAt] = host >> 8;
      batch[filled + addressAt + 1] = host & 0xff;
      batch[filled + portAt] = port >> 8;
      batch[filled + portAt + 1] = port & 0xff;
      filled += record.length;
      if (template.wanted) wanted += 1;
    }
  }
  written += writeSync(file, batch, 0, filled);
  closeSync(file);
  return {
    packets: connections * packetsPerConnection,
    hellos: connections,
    wanted,
    megabytes: Math.round(written / 1e6),
  };
}
