import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { type CaptureStatistics, newCaptureStatistics } from '../capture-statistics.ts';
import { HelloTracker } from '../hello-tracker.ts';
import type { NetworkEvent } from '../network-event.ts';
import type { ByteSource } from './byte-source.ts';
import { describeForeign } from './foreign-format.ts';
import type { CaptureFormat, FileProblem, PacketSink } from './format.ts';
import { gunzipSource } from './gunzip-source.ts';
import { captureName, openCapture } from './open-capture.ts';
import { isPcap, PcapFormat, pcapHeaderLength } from './pcap.ts';
import { isPcapng, PcapngFormat } from './pcapng.ts';

export interface ReadCaptureOptions {
  /** Written into every event; `file` by default. */
  sensorId?: string;
  /** Called after each piece with the bytes of the (compressed) file read so far, and its size; 0 if unknown. */
  onProgress?: (bytesRead: number, totalBytes: number) => void;
}

/** The reading of one capture. Iterating `events` or `batches`, one of them and once, does the reading. */
export interface CaptureReading {
  /** The network events in capture order. */
  readonly events: AsyncIterable<NetworkEvent>;
  /** The same events, those of each piece of the file together: cheaper where there are many. */
  readonly batches: AsyncIterable<readonly NetworkEvent[]>;
  /** Complete once the iteration has ended. */
  readonly statistics: CaptureStatistics;
  /** What was wrong with the file, in a sentence each; complete once the iteration has ended. */
  readonly problems: string[];
}

/** Window over the file: several times the longest record that the formats accept. */
const windowBytes = 8 * 1024 * 1024;

/** Pieces of a file after which timers, signals and other connections get their turn. */
const piecesPerTurn = 8;

/**
 * Events of a pcap or pcapng file, gzipped or not; `-` is standard input. The file is read piece by piece and
 * never held whole. Content is never an exception: a foreign, damaged or cut-off file gives the events that are
 * in it, a sentence in `problems` and a count. Iterating throws only when the file itself cannot be read
 * (`ENOENT`, `EACCES`, `EISDIR`, …).
 */
export function readCaptureFile(path: string, options: ReadCaptureOptions = {}): CaptureReading {
  const statistics = newCaptureStatistics();
  const problems: string[] = [];
  const batches = readBatches(path, options, statistics, problems);
  return { events: flatten(batches), batches, statistics, problems };
}

async function* flatten(batches: AsyncIterable<readonly NetworkEvent[]>): AsyncGenerator<NetworkEvent> {
  for await (const batch of batches) yield* batch;
}

async function* readBatches(
  path: string,
  options: ReadCaptureOptions,
  statistics: CaptureStatistics,
  problems: string[],
): AsyncGenerator<readonly NetworkEvent[]> {
  let bytesRead = 0;
  const capture = await openCapture(path, (bytes) => {
    bytesRead += bytes;
    options.onProgress?.(bytesRead, capture.totalBytes);
  });
  try {
    let found: NetworkEvent[] = [];
    const tracker = new HelloTracker({
      sensorId: options.sensorId ?? 'file',
      onEvent: (event) => found.push(event),
      statistics,
    });
    const report = (problem: FileProblem) => {
      statistics[problem.counter]++;
      problems.push(`${captureName(path)}: ${problem.text}`);
    };
    for await (const _ of readPieces(capture.source, tracker.packet.bind(tracker), statistics, report)) {
      if (found.length === 0) continue;
      const batch = found;
      found = [];
      yield batch;
    }
    tracker.finish();
    if (found.length > 0) yield found;
  } finally {
    await capture.close();
  }
}

/** Slides the window over the source; yields after each piece, so that events flow while reading goes on. */
async function* readPieces(
  input: ByteSource,
  sink: PacketSink,
  statistics: CaptureStatistics,
  report: (problem: FileProblem) => void,
): AsyncGenerator<void> {
  const window = new Uint8Array(windowBytes);
  let source = input;
  let format: CaptureFormat | undefined;
  let isUnpacked = false;
  let start = 0;
  let end = 0;
  try {
    for (let pieces = 1; ; pieces++) {
      const bytes = source.read(window, end);
      const count = typeof bytes === 'number' ? bytes : await bytes;
      if (count === 0) break;
      end += count;
      if (format === undefined) {
        if (end < 4) continue;
        if (!isUnpacked && window[0] === 0x1f && window[1] === 0x8b) {
          source = gunzipSource(input, window.slice(0, end));
          isUnpacked = true;
          end = 0;
          continue;
        }
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
      if (pieces % piecesPerTurn === 0) await eventLoopTurn();
    }
  } finally {
    if (source !== input) await source.close();
  }
  for (const [counter, times] of format?.passedOver ?? []) statistics[counter] += times;
  const damage = source.problem();
  if (damage !== undefined) report(damage);
  const problem = format?.fatal ?? problemAtEnd(format, window.subarray(start, end));
  if (problem !== undefined && (damage === undefined || problem.counter !== 'files_truncated'))
    report(problem);
}

/** @param rest what was read and not taken */
function problemAtEnd(format: CaptureFormat | undefined, rest: Uint8Array): FileProblem | undefined {
  if (format === undefined) {
    const isHeader = rest.length >= 4 && isPcap(rest);
    const text = isHeader ? 'the file ends inside the pcap file header' : describeForeign(rest);
    return { counter: 'files_foreign', text };
  }
  const what = 'ends in the middle of a record';
  if (rest.length > 0)
    return { counter: 'files_truncated', text: `${what} (${rest.length} bytes left over)` };
  const { missingBytes } = format;
  return missingBytes > 0
    ? { counter: 'files_truncated', text: `${what} (${missingBytes} bytes missing)` }
    : undefined;
}
