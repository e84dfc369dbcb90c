import { readFile } from 'node:fs/promises';
import { type EvaluationReport, evaluate, type Interval } from '@ja4/bot-detector';
import type { Command } from 'commander';
import { operatorError } from '../operator-error.ts';
import { withProgress } from '../progress.ts';
import { recordingBeside, replayRecording } from '../recording/recording.ts';
import { serviceLog } from '../service/log.ts';
import { withStore, withTemporaryStore } from '../store/open-store.ts';
import { readableSystemError } from '../system-error.ts';
import { detectOnce } from './detect.ts';
import { optionsOf, printResult } from './options.ts';
import { settingsOf } from './settings.ts';

interface EvaluateCommandOptions {
  readonly labels: string;
  readonly store?: boolean;
  readonly demo?: boolean;
}

/** `ja4 evaluate --labels FILE.csv`: scores against ground truth. */
export function addEvaluateCommand(program: Command): void {
  program
    .command('evaluate')
    .description('compare scores with the truth: AUC, recall per client, people disturbed')
    .requiredOption('--labels <file>', 'labels: src_ip,src_port,t_from,t_to,label,client')
    .option('--store', 'evaluate what the store holds, even if the recording lies beside the labels')
    .option('--demo', 'with --store: the databases of the bundled sample')
    .addHelpText(
      'after',
      '\nWhere capture.pcap.gz and http.jsonl.gz lie beside the labels, they are replayed and scored in an' +
        '\nempty temporary store first, so that the figures depend on nothing else.' +
        '\n\nExample:\n  ja4 evaluate --labels samples/first-contact/labels.csv --json',
    )
    .action(async (_options, command: Command) => {
      const options = optionsOf<EvaluateCommandOptions>(command);
      const labels = await readFile(options.labels, 'utf8').catch((error: unknown) => {
        throw operatorError('FILE_UNREADABLE', `${options.labels}: ${readableSystemError(error)}`);
      });
      const report = await (options.store === true
        ? fromStore(options, labels)
        : fromRecording(options, labels));
      printResult(options, report, describeEvaluation(report));
    });
}

type Options = ReturnType<typeof optionsOf<EvaluateCommandOptions>>;

function fromStore(options: Options, labels: string): Promise<EvaluationReport> {
  const dataset = options.demo === true ? 'demo' : 'live';
  return withStore(settingsOf(options), dataset, serviceLog('evaluate', 'warn'), (store) =>
    evaluate(store, labels),
  );
}

async function fromRecording(options: Options, labels: string): Promise<EvaluationReport> {
  const recording = recordingBeside(options.labels);
  if (recording === undefined) return fromStore(options, labels);
  const settings = settingsOf(options);
  return withProgress('evaluate', options.json === true, (progress) =>
    withTemporaryStore(settings, serviceLog('evaluate', 'warn'), async (store) => {
      // At its own times, not shifted to now: sessions are cut at full hours, and where an hour ends must not
      // depend on when this command is run.
      const replayed = await replayRecording(recording, { store, settings, progress });
      for (const problem of replayed.problems) process.stderr.write(`ja4: ${problem}\n`);
      if (replayed.from === undefined || replayed.to === undefined) {
        throw operatorError(
          'NOTHING_TO_EVALUATE',
          `${recording.http.join(', ')}: no request in it could be stored`,
        );
      }
      progress.update('scoring');
      await detectOnce(store, settings, { from: new Date(replayed.from), to: justAfter(replayed.to) });
      const report = await evaluate(store, labels, { shiftMs: 0 });
      progress.done(`${replayed.rows} requests scored`);
      return report;
    }),
  );
}

/** The end of a range that still holds this time. */
const justAfter = (time: string): Date => new Date(new Date(time).getTime() + 1000);

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const interval = ({ value, low, high }: Interval): string =>
  `${value.toFixed(3)} (95 %: ${low.toFixed(3)}–${high.toFixed(3)})`;

/** The report as a person reads it. */
function describeEvaluation(report: EvaluationReport): string {
  const { sessions, rulesOff, rulesOn } = report;
  const lines = [
    `sessions: ${sessions.person} people, ${sessions.bot} bots, ${sessions.robot} robots, ` +
      `${sessions.mixed} mixed, ${sessions.unlabelled} without a label`,
    `AUC: ${interval(rulesOff.auc)} without rules, ${interval(rulesOn.auc)} with rules`,
    `recall at 1 % / 3 % false positives: ${percent(rulesOff.recallAt1)} / ${percent(rulesOff.recallAt3)} without rules`,
    `people at HIGH or above: ${percent(rulesOn.peopleAtHigh)}, at CRITICAL: ${percent(rulesOn.peopleAtCritical)}`,
    `bots at MEDIUM or above: ${percent(rulesOn.botsDetected)}`,
    '',
    'client                         label    sessions  ≥ MEDIUM    ≥ HIGH  median score',
  ];
  for (const client of report.perClient) {
    lines.push(
      `${client.client.padEnd(30)} ${client.label.padEnd(8)} ${String(client.sessions).padStart(8)}` +
        `${percent(client.detected).padStart(10)}${percent(client.atHigh).padStart(10)}` +
        `${client.medianScore.toFixed(3).padStart(14)}`,
    );
  }
  lines.push('', 'references on the same sessions (AUC; difference to ours):');
  for (const reference of report.references) {
    lines.push(`${reference.name}: ${interval(reference.auc)}; ${interval(reference.difference)}`);
  }
  return lines.join('\n');
}
