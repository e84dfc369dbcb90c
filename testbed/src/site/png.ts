import { crc32, deflateSync } from 'node:zlib';
import type { Random } from '../random.ts';

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

const shades = 16;

/** Sixteen shades from a dark to a light tone of one colour. */
function palette(random: Random): Buffer {
  const base = [random.integer(30, 130), random.integer(30, 130), random.integer(30, 130)];
  return Buffer.from(
    Array.from({ length: shades * 3 }, (_, i) => Math.min(255, (base[i % 3] ?? 0) + Math.floor(i / 3) * 8)),
  );
}

/** A picture of soft bands with grain, a few kilobytes as a small photo has (PNG with a palette, RFC 2083). */
export function picture(width: number, height: number, random: Random): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const colours = palette(random);
  const [across, down] = [random.between(0.02, 0.1), random.between(0.02, 0.1)];
  const grain = Array.from({ length: 97 }, () => random.integer(0, 2));
  const rows = Buffer.alloc(height * (1 + width));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const band = 7 + 5 * Math.sin(x * across + y * down);
      rows[y * (1 + width) + 1 + x] = Math.floor(band) + (grain[((x >> 1) * 7 + (y >> 1) * 31) % 97] ?? 0);
    }
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', colours),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
