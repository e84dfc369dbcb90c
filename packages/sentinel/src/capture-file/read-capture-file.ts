import { open } from 'node:fs/promises';
import { type CaptureStatistics, newCaptureStatistics } from '../capture-statistics.ts';
import { HelloTracker } from '../hello-tracker.ts';
import type { NetworkEvent } from '../network-event.ts';
import { type ByteSource, gzipSource, plainSource } from './byte-source.ts';
import type { CaptureFormat, FileProblem, PacketSink } from './format.ts';
import { isPcap, PcapFormat, pcapHeaderLength } from './pcap.ts';
import { isPcapng, PcapngFormat } from './pcapng.ts';

export interface ReadCaptureOptions {
  /** Written into every event; `file` by default. */
  sensorId?: string;
  /** Called after each piece with the bytes of the (compressed) file read so far, and its size. */
  onProgress?: (bytesRead: number, totalBytes: number) => void;
}

export interface CaptureReading {
  /** The file's network events in capture order. Iterating it does the reading; it can be done once. */
  readonly events: AsyncIterable<NetworkEvent>;
  /** Complete once `events` is exhausted. */
  readonly statistics: CaptureStatistics;
  /** What was wrong with the file, in a sentence each; complete once `events` is exhausted. */
  readonly problems: string[];
}

/** Window over the file: several times the longest record that the formats accept. */
const windowBytes = 8 * 1024 * 1024;

/**
 * Events of a pcap or pcapng file, gzipped or not. The file is read piece by piece and never held whole.
 * Content is never an exception: a foreign, damaged or cut-off file gives the events that are in it, a
 * sentence in `problems` and a count. Iterating throws only when the file itself cannot be read (`ENOENT`,
 * `EACCES`, `EISDIR`, …).
 */
export function readCaptureFile(path: string, options: ReadCaptureOptions = {}): CaptureReading {
  const statistics = newCaptureStatistics();
  const problems: string[] = [];
  return { events: readEvents(path, options, statistics, problems), statistics, problems };
}

async function* readEvents(
  path: string,
  options: ReadCaptureOptions,
  statistics: CaptureStatistics,
  problems: string[],
): AsyncGenerator<NetworkEvent> {
  const file = await open(path);
  try {
    const totalBytes = (await file.stat()).size;
    let bytesRead = 0;
    const onRead = (bytes: number) => {
      bytesRead += bytes;
      options.onProgress?.(bytesRead, totalBytes);
    };
    const magic = new Uint8Array(2);
    await file.read(magic, 0, 2, 0);
    const isGzip = magic[0] === 0x1f && magic[1] === 0x8b;
    // A read at a position does not move the file's own: the source starts at the beginning.
    const source = isGzip ? gzipSource(file, onRead) : plainSource(file, onRead);
    const found: NetworkEvent[] = [];
    const tracker = new HelloTracker({
      sensorId: options.sensorId ?? 'file',
      onEvent: (event) => found.push(event),
      statistics,
    });
    const report = (problem: FileProblem) => {
      statistics[problem.counter]++;
      problems.push(`${path}: ${problem.text}`);
    };
    try {
      const windowed = readWindows(source, tracker.packet.bind(tracker), statistics, report);
      for await (const _ of windowed) yield* found.splice(0);
    } finally {
      await source.close();
    }
    tracker.finish();
  } finally {
    await file.close();
  }
}

/** Slides the window over the source; yields after each piece, so that events flow while reading goes on. */
async function* readWindows(
  source: ByteSource,
  sink: PacketSink,
  statistics: CaptureStatistics,
  report: (problem: FileProblem) => void,
): AsyncGenerator<void> {
  const window = new Uint8Array(windowBytes);
  let format: CaptureFormat | undefined;
  let start = 0;
  let end = 0;
  for (;;) {
    const count = await source.read(window, end);
    if (count === 0) break;
    end += count;
    if (format === undefined) {
      if (end < 4) continue;
      if (isPcapng(window)) format = new PcapngFormat();
      else if (!isPcap(window)) break;
      else if (end < pcapHeaderLength) continue;
      else {
        format = new PcapFormat(window);
        start = pcapHeaderLength;
      }
    }
    start = format.take(window, start, end, sink);
    yield;
    if (format.fatal !== undefined) break;
    window.copyWithin(0, start, end);
    end -= start;
    start = 0;
  }
  for (const [counter, times] of format?.passedOver ?? []) statistics[counter] += times;
  const damage = source.problem();
  if (damage !== undefined) report({ counter: 'files_truncated', text: damage });
  if (format?.fatal !== undefined) report(format.fatal);
  else if (format === undefined) report({ counter: 'files_foreign', text: foreignText(window, end) });
  else if (end > start && damage === undefined) {
    report({
      counter: 'files_truncated',
      text: `ends in the middle of a record (${end - start} bytes left over)`,
    });
  }
}

function foreignText(window: Uint8Array, end: number): string {
  if (end === 0) return 'the file is empty';
  if (end >= 4 && isPcap(window)) return 'the file ends inside the pcap file header';
  const first = Buffer.from(window.subarray(0, Math.min(4, end))).toString('hex');
  return `not a pcap or pcapng file (it starts with ${first})`;
}
