import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One program that reads a capture, and how its finds are counted. */
export interface Reader {
  readonly name: string;
  readonly command: readonly string[];
  /** ClientHellos in what it wrote; undefined for a reader that looks for none. */
  readonly hellos?: (standardOutput: string) => number;
  /** What it does less, or differently. */
  readonly remark: string;
}

const cli = join(import.meta.dirname, '../../packages/cli/bin/ja4');

/** The command that reads standard input, for captures too long for the disk. */
export const readStandardInput: readonly string[] = [cli, 'fingerprint', '--format', 'jsonl', '-'];

/** Ourselves first, the bare loop second, then the peers that are on the PATH. */
export function readers(capture: string, folder: string): Reader[] {
  const ndpi = join(folder, 'ndpi.csv');
  const mercury = join(folder, 'mercury.json');
  const known: Reader[] = [
    {
      name: 'ja4 fingerprint',
      command: [cli, 'fingerprint', '--format', 'jsonl', capture],
      hellos: lines,
      remark: 'full network events, TLS, QUIC and DTLS',
    },
    {
      name: 'bare loop',
      // What it costs to take the types off its text does not count.
      command: [
        ...['env', `NODE_COMPILE_CACHE=${folder}/compiled`],
        ...[process.execPath, join(import.meta.dirname, 'bare-loop.ts'), capture],
      ],
      remark: 'reads the file and walks packet headers, finds nothing',
    },
    {
      name: 'mercury',
      command: ['mercury', '-r', capture, '--select=tls,quic', '-f', mercury],
      hellos: () => mercuryHellos(mercury),
      remark: 'TLS and QUIC, hellos inside one segment only',
    },
    {
      name: 'mercury, all',
      command: [
        'mercury',
        '-r',
        capture,
        '--select=tls,quic,dtls',
        '--metadata',
        '--reassembly',
        '-f',
        mercury,
      ],
      hellos: () => mercuryHellos(mercury),
      remark: 'with DTLS, metadata and reassembly',
    },
    {
      name: 'ndpiReader',
      command: ['ndpiReader', '-i', capture, '-q', '-C', ndpi],
      hellos: () => ndpiHellos(ndpi),
      remark: 'one line a flow, JA3',
    },
    {
      name: 'suricata',
      command: ['suricata', '-k', 'none', '-r', capture, '-l', folder],
      hellos: () => occurrences(join(folder, 'eve.json'), '"event_type":"tls"'),
      remark: 'with its own configuration',
    },
    {
      name: 'tshark',
      command: [
        'tshark',
        '-n',
        '-r',
        capture,
        '-Y',
        'tls.handshake.type == 1',
        '-T',
        'fields',
        '-e',
        'ip.src',
        '-e',
        'tcp.srcport',
        '-e',
        'tls.handshake.extensions_server_name',
        '-e',
        'tls.handshake.ja3_full',
        '-e',
        'tls.handshake.ja3',
      ],
      hellos: lines,
      remark: 'every hello, second ones too, JA3',
    },
  ];
  return known.filter(({ command }) => command[0]!.includes('/') || onPath(command[0]!));
}

function onPath(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

function lines(output: string): number {
  return occurrences(output, '\n');
}

function occurrences(file: string, wanted: string): number {
  return readFileSync(file, 'latin1').split(wanted).length - 1;
}

/** Lines with a client's fingerprint; servers have lines of their own. */
function mercuryHellos(file: string): number {
  return readFileSync(file, 'latin1').split(/"fingerprints":\{"(?:tls|quic|dtls)":/).length - 1;
}

/** Rows of the flow table that have a client's JA3. */
function ndpiHellos(file: string): number {
  const [header = '', ...rows] = readFileSync(file, 'latin1').trimEnd().split('\n');
  const column = header.split(',').indexOf('ja3c');
  return rows.filter((row) => (row.split(',')[column] ?? '') !== '').length;
}
