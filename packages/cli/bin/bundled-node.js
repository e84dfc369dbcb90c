import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

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

/** Runs a command line in a child process on the Node 24 that came with the packages, and ends as it ends. */
export function runOnBundledNode(commandLine) {
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
  const child = spawn(binary, commandLine, { stdio: 'inherit', env: { ...process.env, PATH: path } });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal's Ctrl-C has reached the whole group already.
      const known = signal === 'SIGINT' && process.stdin.isTTY;
      if (child.exitCode === null && !known) child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}
