import { closeSync, openSync, writeSync } from 'node:fs';
import { encodeClientHello, encodeExtension } from '@ja4/fingerprints';
import { frame, handshakeRecords, ipPacket, linuxSynOptions, pcapFile, type TcpPacket } from '@ja4/sentinel';

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

/** About 1.8 kB in two segments, as Chromium and Firefox send them with an ML-KEM key share. */
function hello(): Uint8Array {
  return handshakeRecords(
    encodeClientHello({
      sessionId: new Uint8Array(32),
      cipherSuites: [
        0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
        0x009c, 0x009d, 0x002f, 0x0035,
      ],
      extensions: [
        encodeExtension.opaque(0x1a1a),
        encodeExtension.serverName('shop.example'),
        encodeExtension.opaque(23),
        encodeExtension.opaque(0xff01, 1),
        encodeExtension.supportedGroups(0x11ec, 29, 23, 24),
        encodeExtension.ecPointFormats(0),
        encodeExtension.opaque(35),
        encodeExtension.alpn('h2', 'http/1.1'),
        encodeExtension.opaque(5, 5),
        encodeExtension.signatureAlgorithms(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601),
        encodeExtension.opaque(18),
        encodeExtension.opaque(51, 1263),
        encodeExtension.opaque(45, 2),
        encodeExtension.supportedVersions(0x2a2a, 0x0304, 0x0303),
        encodeExtension.opaque(27, 3),
        encodeExtension.opaque(0xfe0d, 218),
      ],
    }),
  );
}

/** A connection's packets over one IP version: handshake, hello, then data and acknowledgements both ways. */
function templates(version: 4 | 6): Template[] {
  const bytes = hello();
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
