// Plain JavaScript for Node 18 and later: whatever Node starts the program, it runs on the Node 24 that
// `npm ci` has installed, because only that one runs TypeScript as it is.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

function bundledNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(
      `node-${process.platform}-${process.arch}/package.json`,
    );
    const binary = join(dirname(manifest), 'bin', 'node');
    return existsSync(binary) ? binary : null;
  } catch {
    return null;
  }
}

/** Runs a script with arguments in this process if its Node is new enough, otherwise in the bundled one's. */
export async function runOnNode24(script, args) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 24) {
    process.argv = [process.execPath, script, ...args];
    await import(pathToFileURL(script).href);
    return;
  }
  const binary = bundledNode();
  if (binary === null) {
    process.stderr.write(
      `ja4: needs Node 24, this is ${process.version}, and none came with the packages for ` +
        `${process.platform}-${process.arch}. Run "npm ci" in the project, or install Node 24.\n`,
    );
    process.exit(1);
  }
  // First on the PATH too, for whatever the script starts as `node`.
  const path = `${dirname(binary)}:${process.env.PATH ?? ''}`;
  const child = spawn(binary, [script, ...args], { stdio: 'inherit', env: { ...process.env, PATH: path } });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal's Ctrl-C has reached the whole group already.
      const known = signal === 'SIGINT' && process.stdin.isTTY;
      if (child.exitCode === null && !known) child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}
