import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package. */
export const folder = fileURLToPath(new URL('../..', import.meta.url));
export const manifestFile = join(folder, 'package.json');
/** The workspace's manifest, while the packed one stands in its place. */
export const workspaceManifest = join(folder, 'package.json.workspace');
/** Copied for the package. */
export const licenseFile = join(folder, 'LICENSE');
/** What is compiled. */
export const dist = join(folder, 'dist');
