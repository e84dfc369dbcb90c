import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { isPcap, PcapFormat, pcapHeaderLength } from './capture-file/pcap.ts';
import { isPcapng, PcapngFormat } from './capture-file/pcapng.ts';
import type { CaptureStatistics } from './capture-statistics.ts';
import { HelloTracker } from './hello-tracker.ts';
import type { NetworkEvent } from './network-event.ts';

/** How a capture was damaged. */
export const damages = ['cut-off', 'bytes-in-file', 'bytes-in-packets', 'packets-moved'] as const;

export type Damage = (typeof damages)[number];

/** Whole numbers that follow from a seed alone (xorshift32, Marsaglia 2003). */
function seededBelow(seed: number): (limit: number) => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return limit <= 0 ? 0 : (state >>> 0) % limit;
  };
}

type Sink = ConstructorParameters<typeof HelloTracker>[0]['onEvent'];

/** Reads a whole file that lies in memory. */
export function readCaptureBytes(file: Uint8Array, onEvent: Sink): CaptureStatistics {
  // A flow table as small as this costs less to make than the captures to read.
  const tracker = new HelloTracker({ sensorId: 'variant', onEvent, limits: { flows: 1000 } });
  takePackets(file, tracker.packet.bind(tracker));
  tracker.finish();
  return tracker.statistics;
}

function takePackets(file: Uint8Array, sink: HelloTracker['packet']): void {
  if (file.length < pcapHeaderLength) return;
  if (isPcapng(file)) new PcapngFormat().take(file, 0, file.length, sink);
  else if (isPcap(file)) new PcapFormat(file).take(file, pcapHeaderLength, file.length, sink);
}

/** The pcap and pcapng files below a folder, unpacked. */
export function capturesBelow(folder: string, largest = Number.POSITIVE_INFINITY): Map<string, Uint8Array> {
  const captures = new Map<string, Uint8Array>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
    if (!/\.(?:cap|pcap|pcapng)(?:\.gz)?$/.test(name)) continue;
    const bytes = readFileSync(join(folder, name));
    const capture = name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    if (capture.length <= largest) captures.set(name, capture);
  }
  return captures;
}

/** A damaged copy of a capture; the same seed gives the same copy. */
export function damagedCopy(file: Uint8Array, damage: Damage, seed: number): Uint8Array {
  const below = seededBelow(seed);
  // Not `slice`: of a Buffer that is no copy.
  if (damage === 'cut-off') return new Uint8Array(file.subarray(0, below(file.length)));
  const copy = new Uint8Array(file);
  if (damage === 'bytes-in-file') {
    changeBytes(copy, 0, copy.length, 1 + below(16), below);
    return copy;
  }
  const packets: { offset: number; length: number }[] = [];
  takePackets(file, (_buffer, offset, length) => {
    if (length > 0) packets.push({ offset, length });
  });
  for (let times = 1 + below(8); times > 0 && packets.length > 0; times--) {
    const { offset, length } = packets[below(packets.length)]!;
    if (damage === 'packets-moved') {
      const other = packets[below(packets.length)]!;
      const moved = Math.min(length, other.length);
      copy.copyWithin(offset, other.offset, other.offset + moved);
    } else changeBytes(copy, offset, length, 1 + below(4), below);
  }
  return copy;
}

/** Headers are where structure is: half of the changes fall into the first 100 bytes. */
function changeBytes(
  bytes: Uint8Array,
  start: number,
  length: number,
  count: number,
  below: (limit: number) => number,
): void {
  for (let i = 0; i < count; i++) {
    const at = start + below(below(2) === 0 ? Math.min(length, 100) : length);
    const edge = [0, 1, 0x7f, 0x80, 0xff][below(5)]!;
    bytes[at] = below(2) === 0 ? bytes[at]! ^ (1 << below(8)) : below(2) === 0 ? edge : below(256);
  }
}

const ja4Form = /^[tqd](?:\d\d|s[23]|d[123])[di]\d{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/;

/** What must hold of every event, however damaged the capture. */
export function isWellFormed(event: NetworkEvent): boolean {
  return (
    ja4Form.test(event.ja4) &&
    /^[0-9a-f]{32}$/.test(event.ja3_hash) &&
    Number.isInteger(event.src_port) &&
    Number.isInteger(event.dst_port) &&
    Number.isFinite(event.timestamp) &&
    (event.tls_sni === undefined || event.tls_sni.length <= 1024)
  );
}
