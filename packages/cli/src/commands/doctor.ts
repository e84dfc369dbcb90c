import type { Command } from 'commander';
import type { Check } from '../doctor/check.ts';
import { runChecks } from '../doctor/checks.ts';
import { optionsOf } from './options.ts';
import { settingsOf } from './settings.ts';

const marks: Readonly<Record<Check['state'], string>> = {
  ok: 'ok     ',
  warning: 'warning',
  failed: 'failed ',
};

/** `ja4 doctor`: what this machine lacks, and what to do about it. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('say what this machine lacks: capture rights, socket queues, store, disk, clock')
    .addHelpText('after', '\nExample:\n  sudo ja4 doctor --config /etc/ja4/ja4.yml')
    .action(async (_options, command: Command) => {
      const options = optionsOf(command);
      const checks = await runChecks(settingsOf(options));
      if (options.json === true) process.stdout.write(`${JSON.stringify(checks)}\n`);
      else
        for (const check of checks)
          process.stdout.write(`${marks[check.state]} ${check.name}: ${check.what}\n`);
      if (checks.some((check) => check.state === 'failed')) process.exitCode = 1;
    });
}
