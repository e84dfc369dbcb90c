/**
 * mod_reqin_log under Valgrind, with sanitizers in a live Apache, and its fuzzers over their seeds.
 *
 * JA4_TEST_MODULE_REQUESTS=10000 npx vitest run --project platform test/platform/module-memory.test.ts
 * sends that many requests of each protocol instead of a few (under Valgrind: some minutes).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { Apache, type ApacheOptions, apacheNeeds, buildModule, moduleFolder } from '../setup/apache.ts';
import { EventReceiver, receiverNeeds } from '../setup/event-receiver.ts';
import { itNeeds, type Need, program } from '../setup/needs.ts';
import { exchange, frame, http2Preface, request, sendUntil, settingsFrame } from '../setup/raw-http.ts';

const requests = Number(process.env.JA4_TEST_MODULE_REQUESTS ?? 200);
const patienceMs = 60_000 + requests * 200;

const printed = (command: string, ...args: string[]) =>
  spawnSync(command, args, { encoding: 'utf8' }).stdout?.trim() ?? '';

const needs = [...apacheNeeds, ...receiverNeeds, program('h2load', 'nghttp2-client')];
const fuzzerRuntime: Need = {
  what: 'libFuzzer',
  install: 'apt-get install libclang-rt-14-dev',
  present: () => {
    const folder = join(printed('clang', '-print-resource-dir'), 'lib/linux');
    const files = spawnSync('ls', [folder], { encoding: 'utf8' }).stdout;
    return files.includes('libclang_rt.fuzzer-');
  },
};

/** The same headers, long and odd, on every request, so that every path of the writer is gone. */
const oddHeaders = [
  ...['-H', `user-agent: ${'x'.repeat(300)}`, '-H', 'x-odd: a"\\b', '-H', 'cookie: a=b'],
  ...['-H', `x-long-name-${'y'.repeat(400)}: z`],
];

/**
 * Requests of every protocol, kept alive and concurrent, then some that are refused or break off.
 * Every one that was answered must have its event.
 */
async function sendAll(apache: Apache, receiver: EventReceiver): Promise<void> {
  const urls = [
    ['--h1', `http://127.0.0.1:${apache.plainPort}/small.txt`],
    ['--h1', `https://127.0.0.1:${apache.tlsPort}/small.txt`],
    [`http://127.0.0.1:${apache.plainPort}/small.txt`],
    [`https://127.0.0.1:${apache.tlsPort}/small.txt`],
  ];
  for (const url of urls) {
    const count = String(requests);
    const { stdout } = spawnSync('h2load', ['-n', count, '-c4', '-m8', '-t1', ...oddHeaders, ...url], {
      encoding: 'utf8',
    });
    expect(stdout).toContain(`${requests} succeeded`);
  }
  const answered = requests * urls.length;
  for (let waited = 0; receiver.texts.length < answered && waited < 100; waited++) await pause(100);
  const dropped = Number(receiver.events.at(-1)?.dropped_total);
  expect(receiver.texts.length + dropped).toBe(answered);

  const { plainPort } = apache;
  await exchange(plainPort, ['NO REQUEST\r\n\r\n']);
  await exchange(plainPort, [`GET /${'a'.repeat(9000)} HTTP/1.1\r\n\r\n`]);
  await exchange(plainPort, [request('/', ['Host: localhost', 'a,\x80: 1', 'Connection: close'])]);
  const http2 = Buffer.concat([http2Preface, settingsFrame([[1, 4096]])]);
  const broken = [
    frame(1, 5, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff])),
    frame(1, 0, 1, Buffer.from([0x82])),
    frame(9, 4, 1, Buffer.alloc(0)),
    frame(1, 0x2d, 1, Buffer.from([200, 1])),
    http2Preface.subarray(0, 20),
  ];
  for (const bytes of broken) await sendUntil(plainPort, [http2, bytes], () => pause(30));
}

async function withApache(
  options: Omit<ApacheOptions, 'configuration'>,
  work: (apache: Apache, receiver: EventReceiver) => Promise<void>,
): Promise<string> {
  const folder = Apache.newFolder();
  const socket = join(folder, 'http.socket');
  const receiver = await EventReceiver.open(socket);
  const apache = await Apache.start(folder, {
    patienceMs,
    configuration: `JsonSockLogEnabled On
JsonSockLogSocket ${socket}
JsonSockLogHeaders User-Agent X-Odd
JsonSockLogReconnectInterval 0`,
    ...options,
  });
  let errorLog = '';
  try {
    await work(apache, receiver);
    errorLog = apache.errorLog();
  } finally {
    await receiver.stop();
    await apache.stop();
  }
  return errorLog;
}

itNeeds(...needs, program('valgrind'))(
  `has no memory error and loses no memory in ${requests} requests of each protocol under Valgrind`,
  { timeout: 2 * patienceMs + 120_000 },
  async () => {
    const logs = mkdtempSync(join(tmpdir(), 'ja4-valgrind-'));
    const log = join(logs, 'log');
    try {
      await withApache(
        {
          single: true,
          around: [
            ...['valgrind', '--leak-check=full', '--errors-for-leak-kinds=definite', '--keep-debuginfo=yes'],
            ...['--num-callers=30', `--log-file=${log}`],
          ],
        },
        sendAll,
      );
      // Apache itself has none either, so nothing is suppressed.
      const said = readFileSync(log, 'utf8');
      expect(said).toMatch(/ERROR SUMMARY: 0 errors from 0 contexts/);
    } finally {
      rmSync(logs, { recursive: true });
    }
  },
);

itNeeds(...needs, program('gcc', 'build-essential'), program('setarch', 'util-linux')).each([
  'event',
  'prefork',
] as const)(
  'does nothing that the address and undefined behaviour sanitizers object to, under the %s MPM',
  { timeout: 2 * patienceMs },
  async (mpm) => {
    const reports = mkdtempSync(join(tmpdir(), 'ja4-sanitizer-'));
    // Children write there after they have become www-data.
    spawnSync('chmod', ['1777', reports]);
    try {
      const errorLog = await withApache(
        {
          mpm,
          module: buildModule('sanitized'),
          // Without address randomisation: sanitizers of older compilers clash with it on newer kernels.
          around: ['setarch', '-R'],
          environment: {
            LD_PRELOAD: printed('gcc', '-print-file-name=libasan.so'),
            ASAN_OPTIONS: `detect_leaks=0:abort_on_error=1:log_path=${reports}/report`,
            UBSAN_OPTIONS: 'print_stacktrace=1',
          },
        },
        mpm === 'prefork' ? sendHttp1 : sendAll,
      );
      expect(readdirSync(reports).map((file) => readFileSync(join(reports, file), 'utf8'))).toEqual([]);
      expect(errorLog).not.toMatch(/exit signal|runtime error/);
    } finally {
      rmSync(reports, { recursive: true });
    }
  },
);

/** mod_http2 leaves HTTP/2 out under prefork. */
async function sendHttp1(apache: Apache, receiver: EventReceiver): Promise<void> {
  const url = `http://127.0.0.1:${apache.plainPort}/small.txt`;
  const { stdout } = spawnSync('h2load', ['--h1', '-n', String(requests), '-c4', '-t1', ...oddHeaders, url], {
    encoding: 'utf8',
  });
  expect(stdout).toContain(`${requests} succeeded`);
  await receiver.count(requests);
  expect(receiver.texts.length).toBe(requests);
}

itNeeds(
  program('clang'),
  fuzzerRuntime,
  program('make', 'build-essential'),
)('keeps its promises for every seed of the fuzzers', () => {
  const run = spawnSync('make', ['-s', '-C', join(moduleFolder, 'fuzz'), 'check'], { encoding: 'utf8' });
  expect(run.stdout + run.stderr).toMatch(/h2_reader: \d+ seeds/);
  expect(run.status).toBe(0);
});
