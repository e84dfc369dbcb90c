import type { Command } from 'commander';
import { stringify } from 'yaml';
import { configJsonSchema } from '../config/config-paths.ts';
import type { Settings } from '../config/load-config.ts';
import { optionsOf, printResult } from './options.ts';
import { settingsOf } from './settings.ts';

/** The settings with secrets hidden. */
function shown(settings: Settings): object {
  const { password, ...store } = settings.store;
  return {
    ...settings,
    sockets: { ...settings.sockets, mode: `0${settings.sockets.mode.toString(8)}` },
    store: password === undefined ? store : { ...store, password: '(set)' },
  };
}

/** `ja4 config check|show|schema` */
export function addConfigCommands(program: Command): void {
  const config = program.command('config').description('check and show the configuration');
  config
    .command('check')
    .description('say whether file, environment and flags are valid')
    .addHelpText('after', '\nExample:\n  ja4 config check --config /etc/ja4/ja4.yml')
    .action((_options, command: Command) => {
      const options = optionsOf(command);
      settingsOf(options);
      printResult(options, { ok: true }, 'the configuration is valid');
    });
  config
    .command('show')
    .description('print the settings in force; secrets are hidden')
    .addHelpText('after', '\nExample:\n  JA4_STORE_PORT=9000 ja4 config show')
    .action((_options, command: Command) => {
      const options = optionsOf(command);
      const settings = shown(settingsOf(options));
      printResult(options, settings, stringify(settings).trimEnd());
    });
  config
    .command('schema')
    .description('print the JSON Schema of the configuration file, for editors')
    .addHelpText('after', '\nExample:\n  ja4 config schema > ja4.schema.json')
    .action(() => {
      process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    });
}
