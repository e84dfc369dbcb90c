import { join } from 'node:path';
import type { Settings } from './load-config.ts';

/** Where the embedded engine keeps its data and its password. */
export const engineDir = (settings: Settings): string => join(settings.data_dir, 'store');

/** Where the detector keeps its models, a folder for each processing database. */
export const modelDir = (settings: Settings): string => join(settings.data_dir, 'models');

/** Where joined rows are kept until the store has them. */
export const spoolDir = (settings: Settings): string => join(settings.data_dir, 'spool');

/** Where the correlator keeps what a restart must not forget. */
export const checkpointDir = (settings: Settings): string => join(settings.data_dir, 'checkpoint');

/** Where replays keep rows on their way; each removes its own. */
export const replayDir = (settings: Settings): string => join(settings.data_dir, 'replay');
