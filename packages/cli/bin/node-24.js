// Plain JavaScript for Node 18 and later: whatever Node starts the program, it runs on the Node 24 that
// `npm ci` has installed, because only that one runs TypeScript as it is.

/**
 * Runs a script in this process, after `prepare`, if its Node is new enough. Otherwise starts this command line
 * once more, on the bundled Node.
 */
export async function runOnNode24(script, prepare) {
  if (Number(process.versions.node.split('.')[0]) >= 24) {
    prepare();
    await import(script.href);
    return;
  }
  const { runOnBundledNode } = await import('./bundled-node.js');
  runOnBundledNode(process.argv.slice(1));
}
