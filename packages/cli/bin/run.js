// `node run.js SCRIPT ARGS…`: a script of the workspace on Node 24, whatever Node npm itself runs on.
import { pathToFileURL } from 'node:url';
import { runOnNode24 } from './node-24.js';

const [script = '', ...args] = process.argv.slice(2);
await runOnNode24(pathToFileURL(script), args);
