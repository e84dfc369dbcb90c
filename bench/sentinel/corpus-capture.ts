import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { isPcap, isPcapng, PcapFormat, PcapngFormat, pcapFile, pcapHeaderLength } from '@ja4/sentinel';

/** Records of a pcap file (little-endian, microseconds, Ethernet: what every reader opens), all captures of a folder one after the other. */
export interface CorpusCapture {
  /** The file's header, then one copy of all records. */
  readonly header: Uint8Array;
  readonly records: Buffer;
  readonly packets: number;
  /** How long one copy lasts (ns). */
  readonly spanNs: number;
  /** Files left out because their frames cannot be written as Ethernet, and those that no reader opens. */
  readonly leftOut: number;
}

const recordHeader = 16;
/** Of the 24 bits by which addresses differ, so many are the file's; the others are the copy's. */
const fileBits = 10;
const ethernetHeader = 14;
/** Captures of different years become one; no pause inside it is longer. */
const longestPauseNs = 1e9;
const firstNs = 1.7e18;

/**
 * All packets of the capture files below the folder as one Ethernet capture; raw IP gets a header put before
 * it. Several files hold the same connections: each gets addresses of its own.
 */
export function corpusCapture(folder: string): CorpusCapture {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(cap|pcap|pcapng)(\.gz)?$/.test(file))
    .sort();
  const parts: Buffer[] = [];
  let packets = 0;
  let leftOut = 0;
  let clockNs = firstNs;
  for (const [index, file] of files.entries()) {
    let lastNs: number | undefined;
    const before = packets;
    readPackets(join(folder, file), (buffer, offset, length, linkType, timestampNs) => {
      const record = ethernetRecord(buffer.subarray(offset, offset + length), linkType);
      if (record === undefined) return;
      clockNs += Math.min(longestPauseNs, Math.max(1000, timestampNs - (lastNs ?? timestampNs)));
      lastNs = timestampNs;
      writeTime(record, 0, clockNs);
      readdress(record, recordHeader, record.length, index);
      parts.push(record);
      packets++;
    });
    if (packets === before) leftOut++;
  }
  // A gap longer than any flow's idle time, so that the copies do not meet.
  const spanNs = clockNs - firstNs + 120e9;
  return {
    header: pcapFile([]),
    records: Buffer.concat(parts),
    packets,
    spanNs,
    leftOut,
  };
}

function readPackets(path: string, sink: Parameters<PcapFormat['take']>[3]): void {
  let bytes: Uint8Array = readFileSync(path);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = gunzipSync(bytes);
  if (bytes.length < pcapHeaderLength) return;
  if (isPcapng(bytes)) new PcapngFormat().take(bytes, 0, bytes.length, sink);
  else if (isPcap(bytes)) new PcapFormat(bytes).take(bytes, pcapHeaderLength, bytes.length, sink);
}

/** Where the IP packet starts in frames of these link types (tcpdump.org/linktypes.html). */
const ipAt: ReadonlyMap<number, number> = new Map([
  [0, 4],
  [12, 0],
  [101, 0],
  [108, 4],
  [113, 16],
  [228, 0],
  [229, 0],
  [276, 20],
]);

function ethernetRecord(frame: Uint8Array, linkType: number): Buffer | undefined {
  const at = ipAt.get(linkType);
  if (linkType !== 1 && (at === undefined || frame.length <= at)) return undefined;
  const body = at === undefined ? frame : frame.subarray(at);
  const added = at === undefined ? 0 : ethernetHeader;
  const record = Buffer.alloc(recordHeader + added + body.length);
  record.writeUInt32LE(added + body.length, 8);
  record.writeUInt32LE(added + body.length, 12);
  record.set(body, recordHeader + added);
  if (added > 0) record.writeUInt16BE(body[0]! >> 4 === 6 ? 0x86dd : 0x0800, recordHeader + 12);
  return record;
}

function writeTime(records: Buffer, at: number, timeNs: number): void {
  const microseconds = Math.floor(timeNs / 1000);
  records.writeUInt32LE(Math.floor(microseconds / 1e6), at);
  records.writeUInt32LE(microseconds % 1e6, at + 4);
}

/**
 * Moves the records to their next copy, in place: other addresses (of the outermost IP header) and later
 * times, so that every copy holds connections of its own.
 */
export function shiftCopy(capture: CorpusCapture, copy: number): void {
  const { records } = capture;
  const shiftSeconds = Math.ceil(capture.spanNs / 1e9);
  const mask = (copy ^ (copy - 1)) << fileBits;
  for (let at = 0; at + recordHeader <= records.length; ) {
    const length = records.readUInt32LE(at + 8);
    records.writeUInt32LE(records.readUInt32LE(at) + shiftSeconds, at);
    readdress(records, at + recordHeader, at + recordHeader + length, mask);
    at += recordHeader + length;
  }
}

/** Exclusive-or of the mask with three bytes of both addresses: what was equal stays equal. */
function readdress(bytes: Buffer, frame: number, end: number, mask: number): void {
  let typeAt = frame + 12;
  while (
    typeAt + 6 < end &&
    (bytes.readUInt16BE(typeAt) === 0x8100 || bytes.readUInt16BE(typeAt) === 0x88a8)
  ) {
    typeAt += 4;
  }
  if (typeAt + 2 > end) return;
  const ip = typeAt + 2;
  const etherType = bytes.readUInt16BE(typeAt);
  const addresses = etherType === 0x0800 ? [12, 16] : etherType === 0x86dd ? [8, 24] : [];
  for (const address of addresses) {
    const at = ip + address + 1;
    if (at + 3 <= end) bytes.writeUIntBE(bytes.readUIntBE(at, 3) ^ mask, at, 3);
  }
}

/** Writes as many copies as the file needs for the size. @returns how many */
export function writeCopies(capture: CorpusCapture, path: string, minBytes: number): number {
  const file = openSync(path, 'w');
  writeSync(file, capture.header);
  let copies = 0;
  for (let written = 0; written < minBytes; written += capture.records.length) {
    if (copies > 0) shiftCopy(capture, copies);
    for (let at = 0; at < capture.records.length; ) at += writeSync(file, capture.records, at);
    copies++;
  }
  closeSync(file);
  return copies;
}
