import { type Command, InvalidArgumentError } from 'commander';
import { operatorError } from '../operator-error.ts';
import { startProgress } from '../progress.ts';
import { lastRequestMs, replayRecording } from '../recording/recording.ts';
import { serviceLog } from '../service/log.ts';
import { withStore } from '../store/open-store.ts';
import { optionsOf, printResult, settingsOf } from './context.ts';

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
      const progress = startProgress('replay', options.json === true);
      const last = options.shiftToNow === true ? await lastRequestMs(recording) : undefined;
      const shiftMs = last === undefined ? undefined : Date.now() - last;
      const report = await withStore(
        settings,
        options.demo === true ? 'demo' : 'live',
        serviceLog('replay', 'warn'),
        (store) =>
          replayRecording(recording, {
            store,
            settings,
            progress,
            ...(shiftMs === undefined ? {} : { shiftMs }),
            ...(options.rate === 'max' ? {} : { rate: options.rate }),
          }),
      );
      progress.done(`${report.rows} requests, ${report.correlated} with their handshake`);
      for (const problem of report.problems) process.stderr.write(`ja4: ${problem}\n`);
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

const countsText = (counters: Readonly<Record<string, number>>): string =>
  Object.entries(counters)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join('\n');
