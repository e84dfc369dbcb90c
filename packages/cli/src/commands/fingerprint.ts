import { type Command, Option } from 'commander';
import type { FingerprintOptions } from '../fingerprint/fingerprint-files.ts';
import { optionsOf } from './options.ts';

/** `ja4 fingerprint FILE…`: every ClientHello of capture files, one line each. */
export function addFingerprintCommand(program: Command): void {
  program
    .command('fingerprint')
    .argument('<file...>', 'pcap or pcapng files, gzip too; - is standard input')
    .description('print the fingerprint of every ClientHello in capture files')
    .addOption(
      new Option('--format <format>', 'form of the lines')
        .choices(['table', 'jsonl', 'tsv'])
        .default('table'),
    )
    .option(
      '--stats',
      'what was read, found and passed over, and why: on standard error, with --json as JSON',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  ja4 fingerprint --format jsonl capture.pcap.gz' +
        '\n  tcpdump -i eth0 -w - port 443 | ja4 fingerprint --stats -',
    )
    .action(async (files: string[], _options, command: Command) => {
      const options = optionsOf<FingerprintOptions>(command);
      const { fingerprintFiles } = await import('../fingerprint/fingerprint-files.ts');
      process.exitCode = await fingerprintFiles(files, options);
    });
}
