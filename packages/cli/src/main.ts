import { plainFingerprint } from './fingerprint/plain-arguments.ts';

// Whatever the caller's umask: who may write the folder of the sockets can put other ones in their place.
process.umask(process.umask() | 0o022);

const args = process.argv.slice(2);
const plain = plainFingerprint(args);
if (plain === undefined) {
  const { runProgram } = await import('./program.ts');
  await runProgram(args);
} else {
  try {
    const { fingerprintFiles } = await import('./fingerprint/fingerprint-files.ts');
    process.exitCode = await fingerprintFiles(plain.files, plain.options);
  } catch (error) {
    const { describeError } = await import('./operator-error.ts');
    process.stderr.write(`ja4: ${describeError(error).line}\n`);
    process.exitCode = 1;
  }
}
