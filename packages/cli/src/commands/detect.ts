import { type CycleReport, runCycle } from '@ja4/bot-detector';
import type { Store } from '@ja4/store';
import type { Command } from 'commander';
import { modelDir } from '../config/folders.ts';
import type { Settings } from '../config/load-config.ts';
import { operatorError } from '../operator-error.ts';
import { serviceLog } from '../service/log.ts';
import { type Dataset, withStore } from '../store/open-store.ts';
import { optionsOf, printResult } from './options.ts';
import { settingsOf } from './settings.ts';

/** `ja4 detect --once`: one detection cycle now. */
export function addDetectCommand(program: Command): void {
  program
    .command('detect')
    .description('learn and score once, and print what was found')
    .option('--once', 'run one cycle (the service is `ja4 detector`)')
    .option('--from <time>', 'score sessions active since then (ISO 8601; default: the previous full hour)')
    .option('--to <time>', 'and until then (ISO 8601; default: now)')
    .option('--demo', 'work on the databases of the bundled sample')
    .addHelpText('after', '\nExample:\n  ja4 detect --once --json')
    .action(async (_options, command: Command) => {
      const options = optionsOf<{ once?: boolean; from?: string; to?: string; demo?: boolean }>(command);
      if (options.once !== true) {
        throw operatorError('DETECT_ONCE', 'say `ja4 detect --once`; the service is `ja4 detector`', 2);
      }
      const settings = settingsOf(options);
      const dataset: Dataset = options.demo === true ? 'demo' : 'live';
      const range = {
        ...(options.from === undefined ? {} : { from: parseTime('--from', options.from) }),
        ...(options.to === undefined ? {} : { to: parseTime('--to', options.to) }),
      };
      if ((range.from ?? 0) >= (range.to ?? Number.POSITIVE_INFINITY)) {
        throw operatorError('BAD_RANGE', '--from: must be earlier than --to', 2);
      }
      const report = await withStore(settings, dataset, serviceLog('detect', 'warn'), (store) =>
        detectOnce(store, settings, { ...range, modelDir: modelDir(settings) }),
      );
      printResult(options, report, describeCycle(report));
    });
}

export interface DetectOnceOptions {
  readonly from?: Date;
  readonly to?: Date;
  /** Without one the model is learned from this range alone and not kept. */
  readonly modelDir?: string;
}

/** Trains, scores the sessions of the range and writes the verdicts. */
export function detectOnce(
  store: Store,
  settings: Settings,
  options: DetectOnceOptions,
): Promise<CycleReport> {
  return runCycle(store, {
    now: options.to ?? new Date(),
    ...options,
    train: 'always',
    coherenceThreshold: settings.detector.fingerprint_coherence_threshold,
  });
}

function parseTime(flag: string, text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) {
    throw operatorError('BAD_TIME', `${flag}: ${text} is not a time such as 2026-04-10T00:11:35Z`, 2);
  }
  return time;
}

/** The cycle's result in a few lines for a terminal. */
export function describeCycle(report: CycleReport): string {
  const levels = Object.entries(report.levels)
    .filter(([, count]) => count > 0)
    .map(([level, count]) => `${level} ${count}`);
  const models = report.models.map(
    (model) => `${model.model}: ${model.sessions} sessions, baseline ${model.baseline} (${model.mode})`,
  );
  const timings = Object.entries(report.timings).map(([step, ms]) => `${step} ${Math.round(ms)} ms`);
  return [`${report.sessions} sessions: ${levels.join(', ') || 'none'}`, ...models, timings.join(', ')].join(
    '\n',
  );
}
