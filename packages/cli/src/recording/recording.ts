import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseHttpEvent, type ReplayReport, replay } from '@ja4/correlator';
import { type NetworkEvent, readCaptureFile } from '@ja4/sentinel';
import type { Store } from '@ja4/store';
import { replayDir } from '../config/folders.ts';
import type { Settings } from '../config/load-config.ts';
import { joinOptions } from '../join-options.ts';
import { operatorError } from '../operator-error.ts';
import type { Progress } from '../progress.ts';
import { readableSystemError } from '../system-error.ts';
import { readLines } from './lines.ts';

/** Recorded traffic: packets and the HTTP events of the same time. */
export interface Recording {
  readonly pcap: readonly string[];
  readonly http: readonly string[];
}

/** The sample that comes with the program. */
export const sampleDir = fileURLToPath(new URL('../../../../samples/first-contact/', import.meta.url));

/** The recording in a folder as the testbed lays it out, if there is one. */
export function recordingIn(folder: string): Recording | undefined {
  const pcap = join(folder, 'capture.pcap.gz');
  const http = join(folder, 'http.jsonl.gz');
  return existsSync(pcap) && existsSync(http) ? { pcap: [pcap], http: [http] } : undefined;
}

/** The recording that lies beside a labels file, if there is one. */
export const recordingBeside = (labels: string): Recording | undefined => recordingIn(dirname(labels));

/** Event time in ms since 1970 of the last request of a recording; undefined when it holds none. */
export async function lastRequestMs(recording: Recording): Promise<number | undefined> {
  let last: number | undefined;
  for await (const line of readLines(recording.http).lines) {
    const event = parseHttpEvent(line);
    if (!event.ok) continue;
    const end = event.value.timestamp / 1e6 + (event.value.duration_ms ?? 0);
    if (last === undefined || end > last) last = end;
  }
  return last;
}

export interface ReplayRecordingOptions {
  readonly store: Store;
  readonly settings: Settings;
  readonly shiftMs?: number;
  /** Requests per second; as fast as possible when absent. */
  readonly rate?: number;
  readonly progress: Progress;
}

export interface RecordingReport extends ReplayReport {
  /** What was wrong with the files. */
  readonly problems: readonly string[];
}

/** Sends a recording through the same join and insert as live events, on the events' own clock. */
export async function replayRecording(
  recording: Recording,
  { store, settings, shiftMs, rate, progress }: ReplayRecordingOptions,
): Promise<RecordingReport> {
  const problems: string[] = [];
  async function* network(): AsyncGenerator<NetworkEvent> {
    for (const [index, file] of recording.pcap.entries()) {
      const capture = readCaptureFile(file, {
        onProgress: (read, total) => {
          progress.update('reading packets', (index + read / Math.max(total, 1)) / recording.pcap.length);
        },
      });
      try {
        yield* capture.events;
      } catch (error) {
        throw operatorError('FILE_UNREADABLE', `${file}: ${readableSystemError(error)}`);
      }
      problems.push(...capture.problems);
    }
  }
  const http = readLines(recording.http);
  const report = await replay({
    store,
    network: network(),
    http: http.lines,
    join: joinOptions(settings),
    workDir: replayDir(settings),
    ...(shiftMs === undefined ? {} : { shiftMs }),
    rate: rate ?? 'max',
    onProgress: (text: string) => progress.update(text),
  });
  return { ...report, problems: [...problems, ...http.problems] };
}
