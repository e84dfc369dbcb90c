import { closeSync, openSync, writeSync } from 'node:fs';
import { type CapturedFrame, frame, ipPacket, linuxSynOptions, pcapFile } from '@ja4/sentinel';
import { browserHello } from '../traffic/browser-hello.ts';

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
