/**
 * Throughput of reading a capture into network events, beside the peers on the PATH in the same run.
 *
 *     npm run bench -- sentinel [--quick] [--json] [--pcap FILE] [--runs N]
 *
 * Without --pcap a capture is generated: connections with a SYN, a browser-sized ClientHello in two segments
 * and a page of data, about 1.1 M packets (--quick: a tenth).
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { encodeClientHello, encodeExtension } from '@ja4/fingerprints';
import {
  type CapturedFrame,
  frame,
  handshakeRecords,
  ipPacket,
  linuxSynOptions,
  pcapFile,
  readCaptureFile,
} from '@ja4/sentinel';

interface Measurement {
  readonly reader: string;
  readonly command: string;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly packetsPerSecond: number;
  readonly packetsPerCpuSecond: number;
  readonly megabytesPerSecond: number;
}

interface Target {
  readonly name: string;
  readonly value: number;
  readonly target: number;
  readonly ok: boolean;
}

const connections = { quick: 1500, full: 15_000 };
/** Packets per CPU second: mercury, the fastest peer known, reaches 2.6 M with TLS and QUIC only. */
const packetRateTarget = 2_600_000;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      pcap: { type: 'string' },
      runs: { type: 'string', default: '3' },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'ja4-bench-'));
  try {
    const path = values.pcap ?? join(folder, 'capture.pcap');
    if (values.pcap === undefined) generate(path, values.quick ? connections.quick : connections.full);
    const runs = Math.max(1, Number(values.runs) || 3);
    const report = await measureAll(path, folder, runs);
    if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else print(report);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Report = Awaited<ReturnType<typeof measureAll>>;

async function measureAll(path: string, folder: string, runs: number) {
  const size = statSync(path).size;
  let packets = 0;
  let hellos = 0;
  let best: { wall: number; cpu: number } | undefined;
  for (let i = 0; i < runs; i++) {
    const cpuBefore = process.cpuUsage();
    const before = performance.now();
    const { events, statistics } = readCaptureFile(path);
    hellos = 0;
    for await (const _ of events) hellos++;
    packets = statistics.packets;
    const { user, system } = process.cpuUsage(cpuBefore);
    const measured = { wall: (performance.now() - before) / 1000, cpu: (user + system) / 1e6 };
    if (best === undefined || measured.cpu < best.cpu) best = measured;
  }
  const measurement = (
    reader: string,
    command: string,
    time: { wall: number; cpu: number },
  ): Measurement => ({
    reader,
    command,
    wallSeconds: time.wall,
    cpuSeconds: time.cpu,
    packetsPerSecond: Math.round(packets / time.wall),
    packetsPerCpuSecond: Math.round(packets / time.cpu),
    megabytesPerSecond: Math.round(size / time.wall / 1e6),
  });
  const own = measurement('ja4 sentinel', 'readCaptureFile, inside this process', best!);
  const results = [own];
  for (const [reader, command] of peers(path, folder)) {
    if (spawnSync('sh', ['-c', `command -v ${command[0]}`]).status !== 0) continue;
    const times = Array.from({ length: runs }, () => timed(command)).filter((time) => time !== undefined);
    const fastest = times.sort((a, b) => a.cpu - b.cpu)[0];
    if (fastest !== undefined) results.push(measurement(reader, command.join(' '), fastest));
  }
  return {
    benchmark: 'sentinel',
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`,
    input: { path, megabytes: Math.round(size / 1e6), packets, hellos, runs },
    results,
    targets: targets(results),
  };
}

function targets(results: readonly Measurement[]): Target[] {
  const [own, ...others] = results;
  const reached = own!.packetsPerCpuSecond;
  const list = [
    {
      name: 'packets per CPU second',
      value: reached,
      target: packetRateTarget,
      ok: reached >= packetRateTarget,
    },
  ];
  for (const { reader, cpuSeconds } of others) {
    // These do less (tcpdump only walks the file) or are ours.
    if (reader === 'tcpdump' || reader.startsWith('ja4')) continue;
    const { cpuSeconds: value } = own!;
    list.push({
      name: `CPU seconds, at most those of ${reader}`,
      value,
      target: cpuSeconds,
      ok: value <= cpuSeconds,
    });
  }
  return list;
}

/** Readers that find ClientHellos too, and tcpdump, which only walks the file. */
function peers(path: string, folder: string): [string, string[]][] {
  const ja4 = join(import.meta.dirname, '../packages/cli/bin/ja4.js');
  return [
    ['ja4 fingerprint', [process.execPath, ja4, 'fingerprint', '--format', 'jsonl', path]],
    ['tcpdump', ['tcpdump', '-nn', '-r', path, '-w', '/dev/null', 'tcp[13] & 2 != 0']],
    [
      'tshark',
      [
        'tshark',
        '-n',
        '-r',
        path,
        '-Y',
        'tls.handshake.type == 1',
        '-T',
        'fields',
        '-e',
        'tls.handshake.ja3',
      ],
    ],
    ['mercury', ['mercury', '-r', path, '-f', join(folder, 'mercury.json'), '--select=tls']],
    ['p0f', ['p0f', '-r', path]],
    ['zeek', ['zeek', '-C', '-r', path, `Log::default_logdir=${folder}`]],
    ['suricata', ['suricata', '-k', 'none', '-r', path, '-l', folder]],
    ['nDPI', ['ndpiReader', '-q', '-i', path]],
  ];
}

/** Wall and CPU seconds of a command with its output thrown away; undefined when it fails. */
function timed(command: string[]): { wall: number; cpu: number } | undefined {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" > /dev/null 2>/dev/null';
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', ...command], { encoding: 'utf8' });
  const [wall = 0, user = 0, system = 0] = stderr.trim().split(' ').map(Number);
  return status === 0 ? { wall, cpu: user + system } : undefined;
}

function print({ machine, input, results, targets }: Report): void {
  const lines = [
    machine,
    `${input.path}: ${input.packets} packets, ${input.megabytes} MB, ${input.hellos} ClientHellos, best of ${input.runs}`,
    '',
    `${'reader'.padEnd(18)}${'wall s'.padStart(9)}${'CPU s'.padStart(9)}${'packets/s'.padStart(13)}${'packets/CPU s'.padStart(15)}${'MB/s'.padStart(8)}`,
    ...results.map(
      (row) =>
        row.reader.padEnd(18) +
        row.wallSeconds.toFixed(3).padStart(9) +
        row.cpuSeconds.toFixed(3).padStart(9) +
        String(row.packetsPerSecond).padStart(13) +
        String(row.packetsPerCpuSecond).padStart(15) +
        String(row.megabytesPerSecond).padStart(8),
    ),
    '',
    ...results.map(({ reader, command }) => `${reader}: ${command}`),
    '',
    ...targets.map(
      ({ name, value, target, ok }) => `${ok ? 'met   ' : 'missed'} ${name}: ${value} (target ${target})`,
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Bytes of a browser's hello: 16 ciphers, 16 extensions, an ML-KEM key share; about 1.8 kB. */
function browserHello(name: string): Uint8Array {
  return handshakeRecords(
    encodeClientHello({
      sessionId: new Uint8Array(32),
      cipherSuites: [
        0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
        0x009c, 0x009d, 0x002f, 0x0035,
      ],
      extensions: [
        encodeExtension.opaque(0x1a1a),
        encodeExtension.serverName(name),
        encodeExtension.opaque(23),
        encodeExtension.opaque(0xff01, 1),
        encodeExtension.supportedGroups(0x11ec, 29, 23, 24),
        encodeExtension.ecPointFormats(0),
        encodeExtension.opaque(35),
        encodeExtension.alpn('h2', 'http/1.1'),
        encodeExtension.opaque(5, 5),
        encodeExtension.signatureAlgorithms(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601),
        encodeExtension.opaque(18),
        encodeExtension.opaque(51, 1263),
        encodeExtension.opaque(45, 2),
        encodeExtension.supportedVersions(0x2a2a, 0x0304, 0x0303),
        encodeExtension.opaque(27, 3),
        encodeExtension.opaque(0xfe0d, 218),
      ],
    }),
  );
}

/** Packets of a page after the handshake, and their payloads: 75 packets of 455 bytes on average. */
const dataPackets = 72;
const serverPayload = new Uint8Array(1300).fill(0x17);

function generate(path: string, count: number): void {
  const file = openSync(path, 'w');
  const batch: CapturedFrame[] = [];
  const flush = (withHeader: boolean) => {
    writeSync(file, pcapFile(batch.splice(0)).subarray(withHeader ? 0 : 24));
  };
  flush(true);
  for (let i = 0; i < count; i++) {
    batch.push(...connection(i));
    if (batch.length > 20_000) flush(false);
  }
  flush(false);
  closeSync(file);
}

function connection(i: number): CapturedFrame[] {
  const client = `198.18.${(i >> 8) & 0xff}.${i & 0xff}`;
  const up = { src: client, srcPort: 1024 + (i % 60_000), dst: '198.18.0.10', dstPort: 443 };
  const down = { src: up.dst, srcPort: up.dstPort, dst: up.src, dstPort: up.srcPort };
  const hello = browserHello(`host-${i % 100}.example`);
  const frames: CapturedFrame[] = [];
  const add = (packet: Parameters<typeof ipPacket>[0]) =>
    frames.push({ timestampNs: 1.7e18 + i * 1e6 + frames.length * 1e4, bytes: frame(1, ipPacket(packet)) });
  add({ ...up, sequence: 1000, flags: 0x02, options: linuxSynOptions });
  add({ ...down, sequence: 5000, flags: 0x12, options: linuxSynOptions });
  add({ ...up, sequence: 1001, flags: 0x18, payload: hello.subarray(0, 1400) });
  add({ ...up, sequence: 2401, flags: 0x18, payload: hello.subarray(1400) });
  for (let n = 0; n < dataPackets; n++) {
    // Two acknowledgements for each full segment of the answer, as with delayed ones in both directions.
    if (n % 3 === 0) add({ ...down, sequence: 5001 + n * 1300, flags: 0x18, payload: serverPayload });
    else add({ ...up, sequence: 1001 + hello.length, flags: 0x10 });
  }
  return frames;
}
