// `node run.js SCRIPT ARGS…`: a script of the workspace on Node 24, whatever Node npm itself runs on.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runOnNode24 } from './node-24.js';

const script = resolve(process.argv[2] ?? '');
await runOnNode24(pathToFileURL(script), () => {
  // The script finds its arguments where it would without us.
  process.argv.splice(1, 2, script);
});
