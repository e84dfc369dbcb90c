import { type FileHandle, open } from 'node:fs/promises';
import { fileHeaderLength, readPackets } from './packet-file.ts';
import { type Connection, Trimmer } from './trim.ts';

/** A packet to be kept, by its place in the capture's file. */
export interface KeptPacket {
  readonly at: number;
  readonly length: number;
  readonly timeUs: number;
  readonly connection: Connection;
}

/** What is worth keeping of a capture; only places are held in memory. */
export async function surveyCapture(file: string): Promise<KeptPacket[]> {
  const trimmer = new Trimmer();
  const kept: KeptPacket[] = [];
  for await (const { at, length, timeUs, frame } of readPackets(file)) {
    const connection = trimmer.keep(frame, timeUs);
    if (connection) kept.push({ at, length, timeUs, connection });
  }
  return kept;
}

/** Part of a file as bytes. */
export async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, at);
  if (bytesRead < length) throw new Error(`The recording ends at byte ${at + bytesRead}.`);
  return bytes;
}

/** A pcap of the packets that have an offset (whole seconds), moved by it, in the order of their new times. */
export async function* shiftedCapture(
  file: string,
  packets: readonly KeptPacket[],
  offsetOf: (connection: Connection) => number | undefined,
): AsyncGenerator<Buffer> {
  const moved = packets.flatMap((packet) => {
    const offset = offsetOf(packet.connection);
    return offset === undefined ? [] : [{ ...packet, timeUs: packet.timeUs + offset * 1e6 }];
  });
  const source = await open(file);
  try {
    yield await readAt(source, 0, fileHeaderLength);
    for (const { at, length, timeUs } of moved.sort((a, b) => a.timeUs - b.timeUs || a.at - b.at)) {
      const bytes = await readAt(source, at, length);
      bytes.writeUInt32LE(Math.floor(timeUs / 1e6), 0);
      yield bytes;
    }
  } finally {
    await source.close();
  }
}
