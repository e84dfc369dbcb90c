import { join } from 'node:path';
import type { Settings } from './load-config.ts';

/** Where the embedded engine keeps its data and its password. */
export const engineDir = (settings: Settings): string => join(settings.data_dir, 'store');

/** Where the detector keeps its models, a folder for each processing database. */
export const modelDir = (settings: Settings): string => join(settings.data_dir, 'models');
