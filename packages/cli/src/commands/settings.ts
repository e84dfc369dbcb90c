import type { Override } from '../config/environment.ts';
import { loadConfig, type Settings } from '../config/load-config.ts';
import type { CommonOptions } from './options.ts';

/** The configuration for a command: defaults, file, environment, flags. */
export function settingsOf(options: CommonOptions, flags: readonly Override[] = []): Settings {
  const dataDir: Override[] =
    options.dataDir === undefined ? [] : [{ path: ['data_dir'], value: options.dataDir, from: '--data-dir' }];
  return loadConfig({ file: options.config, environment: process.env, flags: [...dataDir, ...flags] });
}
