/** Puts back what `prepack.ts` has changed. */
import { renameSync, rmSync } from 'node:fs';
import { licenseFile, manifestFile, workspaceManifest } from './manifest.ts';

renameSync(workspaceManifest, manifestFile);
rmSync(licenseFile);
