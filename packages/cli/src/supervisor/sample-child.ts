import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { operatorError } from '../operator-error.ts';
import { recordingIn, sampleDir } from '../recording/recording.ts';

const launcher = fileURLToPath(new URL('../../bin/ja4.js', import.meta.url));

/**
 * Loads and scores the bundled sample through the ordinary commands, in processes of their own: the
 * supervisor itself stays small and cannot be taken down by what it supervises.
 */
export async function loadSampleInChild(args: readonly string[]): Promise<void> {
  const recording = recordingIn(sampleDir);
  if (recording === undefined) {
    throw operatorError(
      'SAMPLE_MISSING',
      `the bundled sample is not in ${sampleDir}: clone the project again`,
    );
  }
  await run([
    'replay',
    ...recording.pcap.flatMap((file) => ['--pcap', file]),
    ...recording.http.flatMap((file) => ['--http', file]),
    '--shift-to-now',
    '--demo',
    ...args,
  ]);
  await run(['detect', '--once', '--demo', ...args]);
}

function run(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    // Progress goes to standard error; the results are for scripts.
    const child = spawn(process.execPath, [launcher, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else
        reject(
          operatorError('SAMPLE_NOT_LOADED', `ja4 ${args[0]} of the sample failed (exit status ${code})`),
        );
    });
  });
}
