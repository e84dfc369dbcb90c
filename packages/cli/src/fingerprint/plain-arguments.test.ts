import { expect, it } from 'vitest';
import { plainFingerprint } from './plain-arguments.ts';

it('understands files, the format and what to print beside', () => {
  expect(plainFingerprint(['fingerprint', 'a.pcap', '--format', 'tsv', '-', '--stats'])).toEqual({
    files: ['a.pcap', '-'],
    options: { format: 'tsv', json: false, stats: true },
  });
  expect(plainFingerprint(['fingerprint', '--json', 'a.pcap'])).toEqual({
    files: ['a.pcap'],
    options: { json: true, stats: false },
  });
});

it.each([
  ['another command', ['config', 'show']],
  ['no file', ['fingerprint', '--json']],
  ['help', ['fingerprint', '--help']],
  ['an unknown option', ['fingerprint', 'a.pcap', '--formt', 'tsv']],
  ['an option it need not know', ['fingerprint', 'a.pcap', '--verbose']],
  ['an unknown format', ['fingerprint', '--format', 'xml', 'a.pcap']],
  ['a missing format', ['fingerprint', 'a.pcap', '--format']],
  ['another way to write it', ['fingerprint', '--format=tsv', 'a.pcap']],
  ['the end of the options', ['fingerprint', '--', '-a.pcap']],
])('leaves %s to the parser of the command line', (_, args) => {
  expect(plainFingerprint(args)).toBeUndefined();
});
