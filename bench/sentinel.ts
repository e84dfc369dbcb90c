/**
 * What finding every ClientHello of a capture costs, whole processes side by side in the same run.
 *
 *     npm run bench -- sentinel [--quick] [--json] [--runs N] [--pcap FILE] [--corpus FOLDER]
 *
 * The capture is made of the shared captures (--corpus, JA4_TEST_CORPUS, ../shared/corpus) over and over, with
 * other addresses in each copy, until it has 500 MB (--quick: 100 MB). Without them it is generated. Ten times
 * as much then goes through standard input, to see whether memory stays as it was.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { machine } from './report/machine.ts';
import { median } from './report/median.ts';
import { atMost, type Target, targetLines } from './report/target.ts';
import { type CorpusCapture, corpusCapture, shiftCopy, writeCopies } from './sentinel/corpus-capture.ts';
import { writeGenerated } from './sentinel/generated-capture.ts';
import { type ProcessCost, processCost } from './sentinel/process-cost.ts';
import { type Reader, readers, readStandardInput } from './sentinel/readers.ts';

interface Row {
  readonly reader: string;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly packetsPerSecond: number;
  readonly packetsPerCpuSecond: number;
  readonly hellos: number | undefined;
  readonly peakMegabytes: number;
  readonly remark: string;
  readonly command: string;
}

const captureBytes = { quick: 100e6, full: 500e6 };
const generatedConnections = { quick: 1500, full: 15_000 };
const longFactor = 10;
/** How much of a peer's CPU time we may take, and the memory that we may. */
const shareOf = { ndpiReader: 1 / 5, tshark: 1 / 15, 'bare loop': 2.5 } as const;
const peakTarget = 200;
const flatTolerance = 1.1;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      pcap: { type: 'string' },
      corpus: { type: 'string', default: process.env.JA4_TEST_CORPUS ?? '../shared/corpus' },
      runs: { type: 'string', default: '3' },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'ja4-bench-'));
  try {
    const size = values.quick ? 'quick' : 'full';
    const path = values.pcap ?? join(folder, 'capture.pcap');
    const pcaps = resolve(values.corpus, 'pcap');
    const corpus = values.pcap === undefined && existsSync(pcaps) ? corpusCapture(pcaps) : undefined;
    let copies = 1;
    if (corpus !== undefined) copies = writeCopies(corpus, path, captureBytes[size]);
    else if (values.pcap === undefined) writeGenerated(path, generatedConnections[size]);
    const report = await measure(path, folder, Math.max(1, Number(values.runs) || 3));
    const long = corpus && (await longRun(corpus, copies));
    const targets = targetsOf(report.results, long);
    if (values.json) process.stdout.write(`${JSON.stringify({ ...report, long, targets })}\n`);
    else print(report, long, targets);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Report = Awaited<ReturnType<typeof measure>>;

/** All readers in turn, so that a slow minute of the machine hits each of them. */
async function measure(path: string, folder: string, runs: number) {
  const output = join(folder, 'output');
  const costs = new Map<Reader, ProcessCost[]>(readers(path, folder).map((reader) => [reader, []]));
  const hellos = new Map<Reader, number>();
  let packets = 0;
  for (let turn = 0; turn < runs; turn++) {
    for (const [reader, own] of costs) {
      const cost = await processCost(reader.command, { output });
      if (cost === undefined) continue;
      own.push(cost);
      if (reader.name === 'bare loop') packets = JSON.parse(readFileSync(output, 'utf8')).packets;
      if (turn === 0 && reader.hellos !== undefined) hellos.set(reader, reader.hellos(output));
    }
  }
  const results: Row[] = [];
  for (const [reader, own] of costs) {
    if (own.length === 0) continue;
    const cpuSeconds = median(own.map((cost) => cost.cpuSeconds));
    const wallSeconds = median(own.map((cost) => cost.wallSeconds));
    results.push({
      reader: reader.name,
      cpuSeconds,
      wallSeconds,
      packetsPerSecond: Math.round(packets / wallSeconds),
      packetsPerCpuSecond: Math.round(packets / cpuSeconds),
      hellos: hellos.get(reader),
      peakMegabytes: Math.round(Math.max(...own.map((cost) => cost.peakMegabytes))),
      remark: reader.remark,
      command: reader.command.join(' '),
    });
  }
  return {
    benchmark: 'sentinel',
    machine: machine(),
    input: { path, megabytes: Math.round(statSync(path).size / 1e6), packets, runs },
    results,
  };
}

/** Ten times the capture through standard input, made on the way: more than a disk may hold. */
async function longRun(corpus: CorpusCapture, copies: number) {
  const total = copies * longFactor;
  const next = (function* () {
    yield corpus.header;
    for (let copy = 1; copy <= total; copy++) {
      shiftCopy(corpus, copies + copy);
      yield Buffer.from(corpus.records);
    }
  })();
  const cost = await processCost(readStandardInput, { input: Readable.from(next) });
  return cost && { ...cost, megabytes: Math.round((total * corpus.records.length) / 1e6) };
}

function targetsOf(results: readonly Row[], long: ProcessCost | undefined): Target[] {
  const own = results[0]!;
  const list: Target[] = [];
  for (const [reader, share] of Object.entries(shareOf)) {
    const peer = results.find((row) => row.reader === reader);
    if (peer === undefined) continue;
    const value = own.cpuSeconds / peer.cpuSeconds;
    list.push(atMost(`CPU time as a part of ${reader}'s`, value, share));
  }
  const peak = own.peakMegabytes;
  list.push(atMost('peak memory, MB', peak, peakTarget));
  if (long !== undefined) {
    const value = long.peakMegabytes / peak;
    const name = `peak memory with ${longFactor} times the packets, as a multiple`;
    list.push(atMost(name, value, flatTolerance));
  }
  return list;
}

function print(
  { machine, input, results }: Report,
  long: Awaited<ReturnType<typeof longRun>>,
  targets: Target[],
) {
  const heading = ['CPU s', 'wall s', 'packets/s', 'packets/CPU s', 'hellos', 'peak MB'];
  const widths = [9, 9, 12, 15, 9, 9];
  const cells = (values: readonly string[]) => values.map((value, i) => value.padStart(widths[i]!)).join('');
  const lines = [
    machine,
    `${input.path}: ${input.packets} packets, ${input.megabytes} MB; medians of ${input.runs} runs in turn`,
    '',
    `${'reader'.padEnd(18)}${cells(heading)}`,
    ...results.map(
      (row) =>
        row.reader.padEnd(18) +
        cells([
          row.cpuSeconds.toFixed(3),
          row.wallSeconds.toFixed(3),
          String(row.packetsPerSecond),
          String(row.packetsPerCpuSecond),
          String(row.hellos ?? '-'),
          String(row.peakMegabytes),
        ]),
    ),
    ...(long === undefined
      ? []
      : [
          '',
          `ja4 fingerprint - (${long.megabytes} MB): ${long.cpuSeconds.toFixed(2)} s CPU, peak ${Math.round(long.peakMegabytes)} MB`,
        ]),
    '',
    ...results.map(({ reader, command, remark }) => `${reader} (${remark}): ${command}`),
    '',
    ...targetLines(targets),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
