/** One captured frame. */
export interface CapturedFrame {
  /** Nanoseconds since 1970. */
  timestampNs: number;
  bytes: Uint8Array;
}

export interface PcapFileOptions {
  /** LINKTYPE_ number; Ethernet by default. */
  linkType?: number;
  littleEndian?: boolean;
  nanoseconds?: boolean;
}

/** The bytes of a pcap file with these frames. */
export function pcapFile(frames: readonly CapturedFrame[], options: PcapFileOptions = {}): Uint8Array {
  const { linkType = 1, littleEndian = true, nanoseconds = false } = options;
  const length = frames.reduce((sum, { bytes }) => sum + 16 + bytes.length, 24);
  const file = new Uint8Array(length);
  const view = new DataView(file.buffer);
  view.setUint32(0, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, littleEndian);
  view.setUint16(4, 2, littleEndian);
  view.setUint16(6, 4, littleEndian);
  view.setUint32(16, 262_144, littleEndian);
  view.setUint32(20, linkType, littleEndian);
  let at = 24;
  for (const { timestampNs, bytes } of frames) {
    const seconds = Math.floor(timestampNs / 1e9);
    const fraction = Math.round((timestampNs - seconds * 1e9) / (nanoseconds ? 1 : 1000));
    view.setUint32(at, seconds, littleEndian);
    view.setUint32(at + 4, fraction, littleEndian);
    view.setUint32(at + 8, bytes.length, littleEndian);
    view.setUint32(at + 12, bytes.length, littleEndian);
    file.set(bytes, at + 16);
    at += 16 + bytes.length;
  }
  return file;
}
