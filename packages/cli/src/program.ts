import { Command, CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { describeError } from './operator-error.ts';

/** How long a failed command may take to write its last lines and close what it opened. */
const lingerMs = 5_000;

type Register = (program: Command) => void;

/** Each command's module is loaded only when it is asked for, so that a service holds no other's code in memory. */
const commands: Readonly<Record<string, () => Promise<Register>>> = {
  up: async () => (await import('./commands/up.ts')).addUpCommand,
  fingerprint: async () => (await import('./commands/fingerprint.ts')).addFingerprintCommand,
  replay: async () => (await import('./commands/replay.ts')).addReplayCommand,
  store: services,
  correlator: services,
  sentinel: services,
  detector: services,
  dashboard: services,
  detect: async () => (await import('./commands/detect.ts')).addDetectCommand,
  evaluate: async () => (await import('./commands/evaluate.ts')).addEvaluateCommand,
  db: async () => (await import('./commands/db.ts')).addDbCommands,
  spool: async () => (await import('./commands/spool.ts')).addSpoolCommands,
  config: async () => (await import('./commands/config.ts')).addConfigCommands,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctorCommand,
};

async function services(): Promise<Register> {
  return (await import('./commands/services.ts')).addServiceCommands;
}

/** The module of the command that the arguments name; all of them when they name none (help, a typing error). */
async function registers(args: readonly string[]): Promise<ReadonlySet<Register>> {
  const named = args.find((arg) => Object.hasOwn(commands, arg));
  const wanted = named === undefined ? Object.values(commands) : [commands[named] ?? services];
  return new Set(await Promise.all(wanted.map((load) => load())));
}

async function buildProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('ja4')
    .description('Watches TLS handshakes and HTTP requests, and shows which visitors are bots and why.')
    .option('--config <file>', 'configuration file (default: ja4.yml if present)')
    .option('--data-dir <dir>', 'folder for everything that is written (default: ./data)')
    .option('--json', 'results as JSON on standard output')
    .option('--verbose', 'more lines; the stack with an error')
    .version(manifest.version, '--version', 'print the version')
    .addHelpText('after', '\nExample:\n  ja4 up --demo        start everything with the bundled sample')
    .showSuggestionAfterError()
    .enablePositionalOptions(false);
  for (const register of await registers(args)) register(program);
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

/**
 * Does what the command line says; whatever goes wrong becomes a line on standard error and the exit status.
 * @param args the command line behind the program's name
 */
export async function runProgram(args: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // A reader that has enough (`ja4 db query … | head`) is not an error.
      if (error.code === 'EPIPE') process.exit(0);
      // The terminal was closed: nobody can be told, and services are still to be stopped.
      if (error.code !== 'EIO') throw error;
    });
  }
  try {
    const program = await buildProgram(args);
    await program.exitOverride().parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander has printed its line; help and version are not failures.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    const { line, exitCode, stack } = describeError(error);
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    // A supervisor says it, together with what it does about it.
    if (process.send === undefined) process.stderr.write(`ja4: ${line}\n`);
    else process.send({ type: 'failed', line, code });
    if (args.includes('--verbose') && stack !== undefined) process.stderr.write(`${stack}\n`);
    process.exitCode = exitCode;
    // What a failed command has left open must not keep it alive.
    setTimeout(() => process.exit(), lingerMs).unref();
  } finally {
    // The channel to the supervisor would keep a finished process alive.
    if (process.connected) process.disconnect();
  }
}
