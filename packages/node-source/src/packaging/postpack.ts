/** Leaves the workspace as it was before `prepack.ts`. */
import { renameSync, rmSync } from 'node:fs';
import { dist, licenseFile, manifestFile, workspaceManifest } from './manifest.ts';

renameSync(workspaceManifest, manifestFile);
rmSync(licenseFile);
rmSync(dist, { recursive: true });
