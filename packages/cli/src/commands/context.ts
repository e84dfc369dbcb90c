import type { Command } from 'commander';
import type { Override } from '../config/environment.ts';
import { loadConfig, type Settings } from '../config/load-config.ts';

/** What every command can be told, before or behind its name. */
export interface CommonOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** The command's own and all its parents' options. */
export function optionsOf<T extends object>(command: Command): T & CommonOptions {
  return command.optsWithGlobals<T & CommonOptions>();
}

/** The configuration for a command: defaults, file, environment, flags. */
export function settingsOf(options: CommonOptions, flags: readonly Override[] = []): Settings {
  const dataDir: Override[] =
    options.dataDir === undefined ? [] : [{ path: ['data_dir'], value: options.dataDir, from: '--data-dir' }];
  return loadConfig({ file: options.config, environment: process.env, flags: [...dataDir, ...flags] });
}

/** Writes a result to standard output: JSON on one line, or the text meant for people. */
export function printResult(options: CommonOptions, value: unknown, text: string): void {
  process.stdout.write(options.json === true ? `${JSON.stringify(value)}\n` : `${text}\n`);
}
