import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeClientHello, encodeExtension } from '@ja4/fingerprints';
import { type CapturedFrame, frame, handshakeRecords, ipPacket, pcapFile } from '@ja4/sentinel';
import { afterAll, beforeAll, expect, it } from 'vitest';

const connections = 3_000;
const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ja4-fingerprint-'));
const capture = join(folder, 'capture.pcap');
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  const frames: CapturedFrame[] = [];
  for (let index = 0; index < connections; index++) {
    const hello = encodeClientHello({
      cipherSuites: [0x1301],
      extensions: [encodeExtension.serverName(`visitor-${index}.example`)],
    });
    const ends = { src: '198.18.16.7', srcPort: 10_000 + index, dst: '198.18.0.10', dstPort: 443 };
    const bytes = ipPacket({ ...ends, sequence: 1, flags: 0x18, payload: handshakeRecords(hello) });
    frames.push({ timestampNs: (1_700_000_000 + index / 1000) * 1e9, bytes: frame(1, bytes) });
  }
  writeFileSync(capture, pcapFile(frames));
});

/** The shell's `$@` is `ja4 fingerprint`. */
function shell(command: string, options: { cwd?: string } = {}) {
  const run = spawnSync('sh', ['-c', command, 'sh', process.execPath, main, 'fingerprint'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    ...options,
  });
  return { status: run.status, lines: run.stdout.split('\n').slice(0, -1), errors: run.stderr };
}

const names = (lines: readonly string[]) =>
  lines.map((line) => (JSON.parse(line) as { tls_sni: string }).tls_sni);
const expected = Array.from({ length: connections }, (_, index) => `visitor-${index}.example`);

it.each([
  ['a pipe', `"$@" --format jsonl ${capture} | cat`],
  ['a socket', `"$@" --json ${capture}`],
  ['a file', `"$@" --format jsonl ${capture} > ${folder}/out; cat ${folder}/out`],
  ['a slow reader', `"$@" --json ${capture} | (sleep 1; cat)`],
  ['standard input of one', `cat ${capture} | "$@" --json -`],
  ['redirected standard input', `"$@" --json - < ${capture}`],
])('prints every hello, in order, from or to %s', (_, command) => {
  const { lines, errors } = shell(command);
  expect(errors).toBe('');
  expect(names(lines)).toEqual(expected);
});

it('ends quietly and with status 0 when its reader has enough', () => {
  const command = `{ "$@" --json ${capture} ${capture} ${capture}; echo $? > ${folder}/status; } | head -n 1`;
  const { lines, errors } = shell(command);
  expect(errors).toBe('');
  expect(names(lines)).toEqual(['visitor-0.example']);
  expect(readFileSync(join(folder, 'status'), 'utf8')).toBe('0\n');
});

it('says of a full disk what is wrong, and fails', () => {
  const { status, errors } = shell(`"$@" ${capture} > /dev/full`);
  expect(errors).toMatch(/^ja4: standard output: .*no space left on device/);
  expect(status).toBe(1);
});

it('tells what was read and found, for people and for programs', () => {
  const people = shell(`"$@" --stats ${capture} ${capture} > /dev/null`);
  expect(people.errors).toMatch(/^6,000 packets \([\d,]+ bytes\), 6,000 hellos: tcp 6,000, quic 0, dtls 0\n/);
  expect(people.errors).toMatch(/\n +6,000 {2}Events without facts of a SYN/);
  const programs = shell(`"$@" --stats --json ${capture} 2>&1 > /dev/null`);
  expect(JSON.parse(programs.lines[0] ?? '')).toMatchObject({ packets: 3_000, hellos_tcp: 3_000, not_ip: 0 });
});

it('goes on behind a file that it cannot read, and fails when there is no other', () => {
  const some = shell(`"$@" --json ${folder}/none ${capture}`);
  expect(some.errors).toBe(`ja4: ${folder}/none: there is no such file\n`);
  expect(some.lines.length).toBe(connections);
  expect(some.status).toBe(0);
  expect(shell(`"$@" ${folder}/none`).status).toBe(1);
});

it('keeps control characters of file names from the terminal and from the lines', () => {
  const named = join(folder, 'a\tb\x1b[31m.pcap');
  writeFileSync(named, readFileSync(capture));
  const { lines, errors } = shell(`"$@" --format tsv ${folder}/a*.pcap "$(printf '${folder}/no\\033')"`);
  expect(lines[1]?.split('\t')[0]).toBe(`${folder}/a\\x09b\\x1b[31m.pcap`);
  expect(errors).toBe(`ja4: ${folder}/no\\x1b: there is no such file\n`);
});

it.each([
  ['--format xml x.pcap', /argument 'xml' is invalid/],
  ['', /missing required argument 'file'/],
  ['--formt tsv x.pcap', /unknown option '--formt'/],
])('explains what is wrong with %j', (args, message) => {
  const { status, errors } = shell(`"$@" ${args}`);
  expect(errors).toMatch(message);
  expect(status).toBe(2);
});
