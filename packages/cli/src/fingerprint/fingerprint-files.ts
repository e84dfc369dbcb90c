import { setFlagsFromString } from 'node:v8';
import { type CaptureStatistics, readCaptureFile } from '@ja4/sentinel';
import { LineWriter, WriteError } from '../line-writer.ts';
import { readableSystemError } from '../system-error.ts';
import { type Format, headerOf, lineOf, printable } from './line-formats.ts';

export interface FingerprintOptions {
  readonly format?: Format;
  readonly json?: boolean;
  /** Also the counters, on standard error. */
  readonly stats?: boolean;
  readonly verbose?: boolean;
}

const standardOutput = 1;
const standardError = 2;

/**
 * Calls after which V8 compiles a function with its slowest compiler (3,000 by default). Most captures are read
 * in less than a second, which is over before such code of the hellos' functions has repaid its making: it took
 * a sixth of the CPU time of a 500 MB capture. What runs for every packet is called so often all the same.
 */
const callsBeforeLastCompiler = 100_000;

/**
 * Prints a line for every ClientHello of the files, in order. What is wrong with a file goes to standard error,
 * the others go on. Returns the exit status: 1 when none of the files could be read, or not everything written.
 */
export async function fingerprintFiles(
  files: readonly string[],
  options: FingerprintOptions,
): Promise<0 | 1> {
  setFlagsFromString(`--invocation-count-for-turbofan=${callsBeforeLastCompiler}`);
  try {
    return await printFiles(files, options);
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    process.stderr.write(`ja4: standard output: ${error.message}\n`);
    return 1;
  }
}

async function printFiles(files: readonly string[], options: FingerprintOptions): Promise<0 | 1> {
  const format: Format = options.json === true ? 'jsonl' : (options.format ?? 'table');
  const output = new LineWriter(standardOutput);
  const messages = new LineWriter(standardError);
  const totals = new Map<string, number>();
  const header = headerOf[format];
  if (header !== undefined) output.write(header);
  let read = 0;
  for (const file of files) {
    if (output.gone) return 0;
    const statistics = await fingerprintFile(file, format, output, messages);
    if (statistics === undefined) continue;
    read += 1;
    for (const [name, count] of Object.entries(statistics)) totals.set(name, (totals.get(name) ?? 0) + count);
  }
  output.flush();
  if (options.stats === true || options.verbose === true) {
    const { statisticsText } = await import('./statistics-text.ts');
    messages.write(await statisticsText(Object.fromEntries(totals), options.json === true));
    messages.flush();
  }
  return read === 0 ? 1 : 0;
}

/** The counters of a file, undefined when nothing of it could be read. */
async function fingerprintFile(
  file: string,
  format: Format,
  output: LineWriter,
  messages: LineWriter,
): Promise<CaptureStatistics | undefined> {
  const line = lineOf[format];
  const complain = (text: string) => {
    // In the order in which it happened, where both go to a terminal.
    output.flush();
    messages.write(`ja4: ${printable(text)}`);
    messages.flush();
  };
  try {
    const capture = readCaptureFile(file);
    for await (const events of capture.batches) {
      for (const event of events) output.write(line(file, event));
      if (output.gone) return capture.statistics;
      // Who follows a live capture through a pipe sees each hello at once.
      if (file === '-') output.flush();
    }
    for (const problem of capture.problems) complain(problem);
    const { statistics } = capture;
    return capture.problems.length === 0 || statistics.packets > 0 ? statistics : undefined;
  } catch (error) {
    if (error instanceof WriteError) throw error;
    complain(`${file}: ${readableSystemError(error)}`);
    return undefined;
  }
}
