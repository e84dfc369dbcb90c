import { createReadStream } from 'node:fs';

/** A packet of a pcap and where its record (16 bytes of header, then the frame) lies in the file. */
export interface FilePacket {
  readonly at: number;
  readonly length: number;
  readonly timeUs: number;
  readonly frame: Buffer;
}

export const fileHeaderLength = 24;
export const recordHeaderLength = 16;

/**
 * The packets of a pcap as tcpdump writes it here (classic format, microseconds, little endian), one after
 * another; a record that was cut off ends the file.
 */
export async function* readPackets(file: string): AsyncGenerator<FilePacket> {
  let rest: Buffer = Buffer.alloc(0);
  let at = 0;
  let skip = fileHeaderLength;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    const data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let position = skip;
    if (data.length < skip) {
      rest = data;
      continue;
    }
    skip = 0;
    while (position + recordHeaderLength <= data.length) {
      const length = recordHeaderLength + data.readUInt32LE(position + 8);
      if (position + length > data.length) break;
      const timeUs = data.readUInt32LE(position) * 1e6 + data.readUInt32LE(position + 4);
      const frame = data.subarray(position + recordHeaderLength, position + length);
      yield { at: at + position, length, timeUs, frame };
      position += length;
    }
    at += position;
    rest = data.subarray(position);
  }
}
