import { closeSync, openSync, writeSync } from 'node:fs';
import { encodeClientHello, encodeExtension } from '@ja4/fingerprints';
import {
  type CapturedFrame,
  frame,
  handshakeRecords,
  ipPacket,
  linuxSynOptions,
  pcapFile,
} from '@ja4/sentinel';

/** Bytes of a browser's hello: 16 ciphers, 16 extensions, an ML-KEM key share; about 1.8 kB. */
function browserHello(name: string): Uint8Array {
  return handshakeRecords(
    encodeClientHello({
      sessionId: new Uint8Array(32),
      cipherSuites: [
        0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
        0x009c, 0x009d, 0x002f, 0x0035,
      ],
      extensions: [
        encodeExtension.opaque(0x1a1a),
        encodeExtension.serverName(name),
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

/** Packets of a page after the handshake, and their payloads: 75 packets of 455 bytes on average. */
const dataPackets = 72;
const serverPayload = new Uint8Array(1300).fill(0x17);

/** Writes a capture of so many connections: a SYN, a browser's hello in two segments and a page of data each. */
export function writeGenerated(path: string, count: number): void {
  const file = openSync(path, 'w');
  const batch: CapturedFrame[] = [];
  const flush = (withHeader: boolean) => {
    writeSync(file, pcapFile(batch.splice(0)).subarray(withHeader ? 0 : 24));
  };
  flush(true);
  for (let i = 0; i < count; i++) {
    batch.push(...connection(i));
    if (batch.length > 20_000) flush(false);
  }
  flush(false);
  closeSync(file);
}

function connection(i: number): CapturedFrame[] {
  const client = `198.18.${(i >> 8) & 0xff}.${i & 0xff}`;
  const up = { src: client, srcPort: 1024 + (i % 60_000), dst: '198.18.0.10', dstPort: 443 };
  const down = { src: up.dst, srcPort: up.dstPort, dst: up.src, dstPort: up.srcPort };
  const hello = browserHello(`host-${i % 100}.example`);
  const frames: CapturedFrame[] = [];
  const add = (packet: Parameters<typeof ipPacket>[0]) =>
    frames.push({ timestampNs: 1.7e18 + i * 1e6 + frames.length * 1e4, bytes: frame(1, ipPacket(packet)) });
  add({ ...up, sequence: 1000, flags: 0x02, options: linuxSynOptions });
  add({ ...down, sequence: 5000, flags: 0x12, options: linuxSynOptions });
  add({ ...up, sequence: 1001, flags: 0x18, payload: hello.subarray(0, 1400) });
  add({ ...up, sequence: 2401, flags: 0x18, payload: hello.subarray(1400) });
  for (let n = 0; n < dataPackets; n++) {
    // Two acknowledgements for each full segment of the answer, as with delayed ones in both directions.
    if (n % 3 === 0) add({ ...down, sequence: 5001 + n * 1300, flags: 0x18, payload: serverPayload });
    else add({ ...up, sequence: 1001 + hello.length, flags: 0x10 });
  }
  return frames;
}
