import { Command, CommanderError } from 'commander';
import { addConfigCommands } from './commands/config.ts';
import { addDbCommands } from './commands/db.ts';
import { addDetectCommand } from './commands/detect.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEvaluateCommand } from './commands/evaluate.ts';
import { addFingerprintCommand } from './commands/fingerprint.ts';
import { addReplayCommand } from './commands/replay.ts';
import { addServiceCommands } from './commands/services.ts';
import { addUpCommand } from './commands/up.ts';
import { describeError } from './operator-error.ts';

function buildProgram(): Command {
  const program = new Command('ja4')
    .description('Watches TLS handshakes and HTTP requests, and shows which visitors are bots and why.')
    .option('--config <file>', 'configuration file (default: ja4.yml if present)')
    .option('--data-dir <dir>', 'folder for everything that is written (default: ./data)')
    .option('--json', 'results as JSON on standard output')
    .option('--verbose', 'more lines; the stack with an error')
    .addHelpText('after', '\nExample:\n  ja4 up --demo        start everything with the bundled sample')
    .showSuggestionAfterError()
    .enablePositionalOptions(false);
  addUpCommand(program);
  addFingerprintCommand(program);
  addReplayCommand(program);
  addServiceCommands(program);
  addDetectCommand(program);
  addEvaluateCommand(program);
  addDbCommands(program);
  addConfigCommands(program);
  addDoctorCommand(program);
  for (const command of program.commands) inherit(command);
  return program;
}

/** `--config`, `--json` … are accepted behind the command's name as well as before it. */
function inherit(command: Command): void {
  command
    .option('--config <file>', 'configuration file (default: ja4.yml if present)')
    .option('--data-dir <dir>', 'folder for everything that is written (default: ./data)')
    .option('--json', 'results as JSON on standard output')
    .option('--verbose', 'more lines; the stack with an error')
    .exitOverride();
  for (const child of command.commands) inherit(child);
}

async function main(): Promise<void> {
  // A reader that has enough (`ja4 fingerprint … | head`) is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  try {
    await buildProgram().exitOverride().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander has printed its line; help and version are not failures.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    const { line, exitCode, stack } = describeError(error);
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    process.send?.({ type: 'failed', line, code });
    process.stderr.write(`ja4: ${line}\n`);
    if (process.argv.includes('--verbose') && stack !== undefined) process.stderr.write(`${stack}\n`);
    process.exitCode = exitCode;
  } finally {
    // The channel to the supervisor would keep a finished process alive.
    if (process.connected) process.disconnect();
  }
}

await main();
