import { type NetworkEvent, readCaptureFile } from '@ja4/sentinel';
import { type Command, Option } from 'commander';
import { readableSystemError } from '../system-error.ts';
import { optionsOf } from './context.ts';

type Format = 'table' | 'jsonl' | 'tsv';

const columns: readonly (keyof NetworkEvent)[] = [
  'transport',
  'src_ip',
  'src_port',
  'dst_ip',
  'dst_port',
  'tls_sni',
  'ja3_hash',
  'ja4',
  'tls_stack',
];
/** Widths of the table's columns: enough for the usual; longer values push the rest to the right. */
const widths = [9, 39, 8, 39, 8, 28, 32, 36, 0];

// Control characters of a hostile SNI must not reach a terminal or break a line.
const printable = (value: unknown): string =>
  String(value ?? '').replace(
    /[^\x20-\x7e\u00a0-\uffff]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );

const formatters: Readonly<Record<Format, (file: string, event: NetworkEvent) => string>> = {
  jsonl: (_file, event) => JSON.stringify(event),
  tsv: (file, event) => [file, ...columns.map((column) => printable(event[column]))].join('\t'),
  table: (_file, event) =>
    columns
      .map((column, index) => printable(event[column]).padEnd(widths[index] ?? 0))
      .join(' ')
      .trimEnd(),
};

const headers: Readonly<Record<Format, string | undefined>> = {
  jsonl: undefined,
  tsv: ['file', ...columns].join('\t'),
  table: columns
    .map((column, index) => column.padEnd(widths[index] ?? 0))
    .join(' ')
    .trimEnd(),
};

/** `ja4 fingerprint FILE…`: every ClientHello of capture files, one line each. */
export function addFingerprintCommand(program: Command): void {
  program
    .command('fingerprint')
    .argument('<file...>', 'pcap or pcapng files, gzip too')
    .description('print the fingerprint of every ClientHello in capture files')
    .addOption(
      new Option('--format <format>', 'form of the lines')
        .choices(['table', 'jsonl', 'tsv'])
        .default('table'),
    )
    .addHelpText('after', '\nExample:\n  ja4 fingerprint --format jsonl capture.pcap.gz')
    .action(async (files: string[], _options, command: Command) => {
      const options = optionsOf<{ format: Format }>(command);
      const format: Format = options.json === true ? 'jsonl' : options.format;
      const header = headers[format];
      if (header !== undefined) process.stdout.write(`${header}\n`);
      let failed = 0;
      for (const file of files) {
        if (!(await fingerprintFile(file, formatters[format]))) failed += 1;
      }
      if (failed === files.length) process.exitCode = 1;
    });
}

/** Whether the file could be read at all; what is wrong with it goes to standard error, the rest goes on. */
async function fingerprintFile(
  file: string,
  format: (file: string, event: NetworkEvent) => string,
): Promise<boolean> {
  try {
    const capture = readCaptureFile(file);
    for await (const event of capture.events) {
      if (!process.stdout.write(`${format(file, event)}\n`)) {
        await new Promise((resolve) => process.stdout.once('drain', resolve));
      }
    }
    for (const problem of capture.problems) process.stderr.write(`ja4: ${problem}\n`);
    return capture.problems.length === 0 || (capture.statistics.packets ?? 0) > 0;
  } catch (error) {
    process.stderr.write(`ja4: ${file}: ${readableSystemError(error)}\n`);
    return false;
  }
}
