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

/** A square RGB picture of a soft gradient with grain, so that its size is like a small photo's (PNG, RFC 2083). */
export function picture(side: number, random: Random): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const base = [random.integer(40, 200), random.integer(40, 200), random.integer(40, 200)];
  const rows = Buffer.alloc(side * (1 + 3 * side));
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < 3 * side; x++) {
      const shade = (base[x % 3] ?? 0) + ((x / 3 + y) * 40) / side + random.integer(0, 7);
      rows[y * (1 + 3 * side) + 1 + x] = Math.min(255, shade);
    }
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
