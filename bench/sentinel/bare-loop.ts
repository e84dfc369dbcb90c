/**
 * The least that reading a capture can cost: a process that reads a classic pcap file and walks its packet
 * headers. It finds nothing; the benchmark compares readers with it.
 */
import { openSync, readSync } from 'node:fs';

const fileHeader = 24;
const recordHeader = 16;
const window = new Uint8Array(8 * 1024 * 1024);
const file = openSync(process.argv[2] ?? '', 'r');
let position = readSync(file, window, 0, fileHeader, 0);
let end = 0;
let packets = 0;
let syns = 0;
for (;;) {
  const count = readSync(file, window, end, window.length - end, position);
  if (count === 0) break;
  position += count;
  end += count;
  let at = 0;
  while (at + recordHeader <= end) {
    const length = window[at + 8]! | (window[at + 9]! << 8) | (window[at + 10]! << 16);
    const frame = at + recordHeader;
    if (frame + length > end) break;
    if (length >= 54 && window[frame + 12] === 8 && window[frame + 13] === 0) {
      const ip = frame + 14;
      const tcp = ip + (window[ip]! & 15) * 4;
      if (window[ip + 9] === 6 && (window[tcp + 13]! & 0x12) === 2) syns++;
    }
    packets++;
    at = frame + length;
  }
  window.copyWithin(0, at, end);
  end -= at;
}
process.stdout.write(`${JSON.stringify({ packets, syns })}\n`);
