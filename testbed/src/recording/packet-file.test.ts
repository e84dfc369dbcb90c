import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { randomFrom } from '../random.ts';
import { fileHeaderLength, readPackets, recordHeaderLength } from './packet-file.ts';
import { shiftedCapture } from './write-capture.ts';

const folder = mkdtempSync(join(tmpdir(), 'testbed-packets-'));
afterAll(() => rmSync(folder, { recursive: true }));

function packet(timeUs: number, frame: Buffer): Buffer {
  const head = Buffer.alloc(recordHeaderLength);
  head.writeUInt32LE(Math.floor(timeUs / 1e6), 0);
  head.writeUInt32LE(timeUs % 1e6, 4);
  head.writeUInt32LE(frame.length, 8);
  head.writeUInt32LE(frame.length, 12);
  return Buffer.concat([head, frame]);
}

function file(name: string, ...parts: Buffer[]): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat([Buffer.alloc(fileHeaderLength, 7), ...parts]));
  return path;
}

describe('the packets of a capture', () => {
  it('are read whole and in place, however the file is cut into pieces', async () => {
    const random = randomFrom(3);
    const frames = Array.from({ length: 3000 }, (_, i) => Buffer.alloc(random.integer(0, 1514), i & 255));
    const path = file('many.pcap', ...frames.map((frame, i) => packet(1_795_176_059_000_000 + i, frame)));
    let at = fileHeaderLength;
    let read = 0;
    for await (const found of readPackets(path)) {
      expect(found.at).toBe(at);
      expect(found.timeUs).toBe(1_795_176_059_000_000 + read);
      expect(found.frame.equals(frames[read] ?? Buffer.alloc(0))).toBe(true);
      at += found.length;
      read++;
    }
    expect(read).toBe(frames.length);
  });

  it('end where the file was cut off, or has no header yet', async () => {
    const whole = packet(5e6, Buffer.alloc(60));
    expect((await Array.fromAsync(readPackets(file('cut.pcap', whole, whole.subarray(0, 70))))).length).toBe(
      1,
    );
    const empty = join(folder, 'empty.pcap');
    writeFileSync(empty, Buffer.alloc(10));
    expect(await Array.fromAsync(readPackets(empty))).toEqual([]);
  });
});

describe('a capture of another time', () => {
  it('has the packets of one connection moved together, sorted, and those without a place left out', async () => {
    const frames = [1, 2, 3].map((fill) => Buffer.alloc(60, fill));
    const path = file('move.pcap', ...frames.map((frame, i) => packet((10 + i) * 1e6 + 250, frame)));
    const [early, late, nowhere] = [1, 2, 3].map((port) => ({ address: '198.18.0.1', port, openedUs: 0 }));
    const connections = [late, early, nowhere];
    const packets = (await Array.fromAsync(readPackets(path))).flatMap(({ at, length, timeUs }, i) => {
      const connection = connections[i];
      return connection ? [{ at, length, timeUs, connection }] : [];
    });
    const offsets = new Map([
      [early, -5],
      [late, 100],
    ]);
    const moved = Buffer.concat(
      await Array.fromAsync(shiftedCapture(path, packets, (connection) => offsets.get(connection))),
    );
    expect(moved).toEqual(
      Buffer.concat([
        Buffer.alloc(fileHeaderLength, 7),
        packet(6e6 + 250, frames[1] ?? Buffer.alloc(0)),
        packet(110e6 + 250, frames[0] ?? Buffer.alloc(0)),
      ]),
    );
  });
});
