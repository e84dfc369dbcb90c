import { closeSync, type FSWatcher, fstatSync, openSync, readdirSync, readSync, watch } from 'node:fs';
import { join } from 'node:path';
import { checksumSeed } from '../packages/correlator/src/spool/frame.ts';
import { FrameScanner } from '../packages/correlator/src/spool/frame-scanner.ts';
import { segmentNumber } from '../packages/correlator/src/spool/segment-file.ts';
import { readSegmentHeader, type SegmentHeader } from '../packages/correlator/src/spool/segment-header.ts';
import { decodeRowBinary } from '../packages/store/src/row-binary-reader.ts';

/** A row as the spool has it on disk. */
export interface SpooledRow {
  readonly serverId: string;
  readonly seq: number;
}

interface WatchedSegment {
  readonly number: number;
  /** Undefined when it has been read for the last time. */
  fd: number | undefined;
  header: SegmentHeader | undefined;
  rows: { row: SpooledRow; frameEnd: number }[];
  /** How many of its rows were whole on disk when the correlator was killed. */
  atKill: number;
}

/**
 * Reads along what a spool holds, from outside: every segment is opened as soon as it appears, so that its rows
 * can still be read when the spool has long removed it.
 */
export class SpoolWatch {
  readonly #folder: string;
  readonly #segments = new Map<number, WatchedSegment>();
  readonly #watcher: FSWatcher;
  readonly #timer: NodeJS.Timeout;
  /** Files are read one after the other. */
  #reading: Promise<void> = Promise.resolve();
  #willRead = false;

  constructor(folder: string) {
    this.#folder = folder;
    this.#watcher = watch(folder, () => this.#look());
    this.#timer = setInterval(() => this.#look(), 200);
    this.#look();
  }

  /** To be called while no correlator runs: what is whole now counts as accepted. */
  async correlatorIsDead(): Promise<void> {
    this.#look();
    this.#reading = this.#reading.then(async () => {
      const last = this.#inOrder().at(-1);
      if (last?.fd === undefined) return;
      await read(last);
      last.atKill = Math.max(last.atKill, last.rows.length);
    });
    await this.#reading;
  }

  /**
   * All rows that the spool ever accepted, in order; `problems` is what must not be: a segment that was never
   * seen, a row that was whole at a kill and is not any more.
   */
  async end(): Promise<{ rows: SpooledRow[]; segments: number; problems: string[] }> {
    clearInterval(this.#timer);
    this.#watcher.close();
    this.#look();
    await this.#reading;
    const segments = this.#inOrder();
    for (const segment of segments) await readLast(segment);
    const problems: string[] = [];
    const rows: SpooledRow[] = [];
    const goodBytes = new Map<string, number>();
    const seen = new Set(segments.map(({ header }) => header?.id));
    for (const { header } of segments) {
      const before = header?.previous;
      if (before === undefined) continue;
      goodBytes.set(before.id, before.bytes);
      if (before.rows > 0 && !seen.has(before.id))
        problems.push(`a segment with ${before.rows} rows was never seen`);
    }
    for (const segment of segments) {
      const end = goodBytes.get(segment.header?.id ?? '') ?? Number.POSITIVE_INFINITY;
      const accepted = segment.rows.filter(({ frameEnd }) => frameEnd <= end);
      if (accepted.length < segment.atKill) {
        const lost = segment.atKill - accepted.length;
        problems.push(
          `segment ${segment.number} lost ${lost} rows that were whole when the correlator was killed`,
        );
      }
      for (const { row } of accepted) rows.push(row);
    }
    return { rows, segments: segments.length, problems };
  }

  #inOrder(): WatchedSegment[] {
    return [...this.#segments.values()].sort((a, b) => a.number - b.number);
  }

  #look(): void {
    for (const name of readdirSync(this.#folder)) {
      const number = segmentNumber(name);
      if (number === undefined || this.#segments.has(number)) continue;
      try {
        const fd = openSync(join(this.#folder, name), 'r');
        this.#segments.set(number, { number, fd, header: undefined, rows: [], atKill: 0 });
      } catch {
        // Removed between the two calls: the segment after it says whether it had rows.
      }
    }
    if (this.#willRead) return;
    this.#willRead = true;
    this.#reading = this.#reading.then(() => {
      this.#willRead = false;
      return this.#readRemoved();
    });
  }

  /** So that what the spool removed does not stay on a small disk. */
  async #readRemoved(): Promise<void> {
    for (const segment of this.#inOrder()) {
      if (segment.fd === undefined || fstatSync(segment.fd).nlink > 0) continue;
      await readLast(segment);
      // One that could not be begun (a full disk) is made anew under its number.
      if (segment.rows.length === 0) this.#segments.delete(segment.number);
    }
  }
}

async function readLast(segment: WatchedSegment): Promise<void> {
  if (segment.fd === undefined) return;
  await read(segment);
  closeSync(segment.fd);
  segment.fd = undefined;
}

/** Reads a segment from its beginning: what was read before may have been cut off and written anew. */
async function read(segment: WatchedSegment): Promise<void> {
  const { fd } = segment;
  if (fd === undefined) return;
  const bytes = Buffer.alloc(fstatSync(fd).size);
  for (let at = 0; at < bytes.length; ) {
    const length = readSync(fd, bytes, at, bytes.length - at, at);
    if (length === 0) break;
    at += length;
  }
  const head = readSegmentHeader(bytes);
  segment.rows = [];
  if (!head.ok) return;
  segment.header = head.header;
  const source = { read: async (target: Buffer, from: number) => bytes.copy(target, 0, from) };
  const scanner = new FrameScanner(source, checksumSeed(head.header.id), head.bytes);
  for (let step = await scanner.next(bytes.length); step; step = await scanner.next(bytes.length)) {
    if (step.kind !== 'frame') continue;
    const decoded = decodeRowBinary(head.header.columns, step.frame.payload);
    if (!decoded.ok)
      throw new Error(`segment ${segment.number}: a whole frame holds no rows (${decoded.reason})`);
    for (const { server_id, seq } of decoded.rows) {
      segment.rows.push({
        row: { serverId: String(server_id), seq: Number(seq) },
        frameEnd: scanner.position,
      });
    }
  }
}
