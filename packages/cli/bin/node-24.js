// Plain JavaScript for Node 18 and later: whatever Node starts the program, it runs on the Node 24 that
// `npm ci` has installed, because only that one runs TypeScript as it is.
import { fileURLToPath } from 'node:url';
import { useCompileCache } from './compile-cache.js';

/** Runs a script with arguments in this process if its Node is new enough, otherwise in the bundled one's. */
export async function runOnNode24(script, args) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 24) {
    const { runOnBundledNode } = await import('./bundled-node.js');
    runOnBundledNode(fileURLToPath(script), args);
    return;
  }
  useCompileCache(fileURLToPath(new URL('../../../node_modules', import.meta.url)));
  process.argv = [process.execPath, fileURLToPath(script), ...args];
  await import(script.href);
}
