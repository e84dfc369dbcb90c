import { type Command, InvalidArgumentError } from 'commander';
import { operatorError } from '../operator-error.ts';
import { withProgress } from '../progress.ts';
import { lastRequestMs, type RecordingReport, replayRecording } from '../recording/recording.ts';
import { serviceLog } from '../service/log.ts';
import { withStore } from '../store/open-store.ts';
import { optionsOf, printResult } from './options.ts';
import { settingsOf } from './settings.ts';

interface ReplayCommandOptions {
  readonly pcap: string[];
  readonly http: string[];
  readonly rate: number | 'max';
  readonly shiftToNow?: boolean;
  readonly demo?: boolean;
}

/** `ja4 replay`: recorded traffic through the same join and insert as live events. */
export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .description('send recorded traffic through join and store, on its own clock')
    .option('--pcap <file...>', 'captures with the handshakes (pcap, pcapng, gzip too)', [])
    .option('--http <file...>', 'HTTP events, one JSON object a line (gzip too)', [])
    .option('--rate <n>', 'requests per second, or max', parseRate, 'max')
    .option('--shift-to-now', 'move all times so that the last request ends now')
    .option('--demo', 'into the databases of the bundled sample')
    .addHelpText(
      'after',
      '\nExample:\n  ja4 replay --pcap capture.pcap.gz --http http.jsonl.gz --shift-to-now',
    )
    .action(async (_options, command: Command) => {
      const options = optionsOf<ReplayCommandOptions>(command);
      const recording = { pcap: options.pcap, http: options.http };
      if (recording.http.length === 0) {
        throw operatorError('NOTHING_TO_REPLAY', 'name at least one file of HTTP events with --http', 2);
      }
      const settings = settingsOf(options);
      const last = options.shiftToNow === true ? await lastRequestMs(recording) : undefined;
      const shiftMs = last === undefined ? undefined : Date.now() - last;
      const dataset = options.demo === true ? 'demo' : 'live';
      const report = await withProgress('replay', options.json === true, async (progress) => {
        const done = await withStore(settings, dataset, serviceLog('replay', 'warn'), (store) =>
          replayRecording(recording, {
            store,
            settings,
            progress,
            ...(shiftMs === undefined ? {} : { shiftMs }),
            ...(options.rate === 'max' ? {} : { rate: options.rate }),
          }),
        );
        progress.done(`${done.rows} requests, ${done.correlated} with their handshake`);
        return done;
      });
      for (const problem of [...report.problems, ...refusals(report)]) {
        process.stderr.write(`ja4: ${problem}\n`);
      }
      printResult(options, { ...report, shift_ms: shiftMs ?? 0 }, countsText(report.counters));
    });
}

function parseRate(text: string): number | 'max' {
  if (text === 'max') return 'max';
  const rate = Number(text);
  if (!Number.isFinite(rate) || rate <= 0)
    throw new InvalidArgumentError('expected a positive number or "max".');
  return rate;
}

/** What was not taken, by reason, in a line. */
function refusals({ rejected, firstProblems }: RecordingReport): string[] {
  const reasons = Object.entries(rejected);
  if (reasons.length === 0) return [];
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  const named = reasons.map(([reason, count]) => `${reason} ${count}`).join(', ');
  return [`${total} events were not taken (${named}); the first: ${firstProblems[0]}`];
}

const countsText = (counters: Readonly<Record<string, number>>): string =>
  Object.entries(counters)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join('\n');
