import type { Command } from 'commander';

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

/** Writes a result to standard output: JSON on one line, or the text meant for people. */
export function printResult(options: CommonOptions, value: unknown, text: string): void {
  process.stdout.write(options.json === true ? `${JSON.stringify(value)}\n` : `${text}\n`);
}
