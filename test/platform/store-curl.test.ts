import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type EngineService, readStorePassword, startEngine } from '@ja4/store';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { itNeeds, program } from '../setup/needs.ts';

/*
 * curl as ClickHouse's manual uses it (https://clickhouse.com/docs/interfaces/http): the same options, the same
 * statements, and what the manual shows as their outcome.
 */

const it = itNeeds(program('curl'));
const run = promisify(execFile);
let engine: EngineService;
let folder: string;
let netrc: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ja4-curl-'));
  engine = await startEngine({
    dataDir: join(folder, 'store'),
    port: 0,
    log: pino({ level: 'silent' }),
    memoryLimitBytes: 800_000_000,
  });
  netrc = ['-H', 'X-ClickHouse-User: default', '-H', `X-ClickHouse-Key: ${password()}`];
});
afterAll(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

const password = (): string => readStorePassword(join(folder, 'store'));

/** What `echo -n INPUT | curl -sS ARGUMENTS` prints; `path` is put behind the store's address. */
async function curl(
  path: string,
  options: readonly string[] = [],
  input: string | Buffer = '',
): Promise<Buffer> {
  const child = run('curl', ['-sS', '--max-time', '60', ...netrc, ...options, `${engine.url}${path}`], {
    encoding: 'buffer',
    maxBuffer: 64 * 1024 * 1024,
  });
  child.child.stdin?.end(input);
  return (await child).stdout;
}

const stdin = ['--data-binary', '@-'];
const text = async (...call: Parameters<typeof curl>): Promise<string> => (await curl(...call)).toString();

describe('a statement', () => {
  it('can stand in the URL, in the body, or in both', async () => {
    expect(await text('/')).toBe('Ok.\n');
    expect(await text('/ping')).toBe('Ok.\n');
    expect(await text('/replicas_status')).toBe('Ok.\n');
    expect(await text('/?query=SELECT%201')).toBe('1\n');
    expect(await text('/', stdin, 'SELECT 1\n')).toBe('1\n');
    expect(await text('/?query=', stdin, 'SELECT 1\n')).toBe('1\n');
    expect(await text('/?query=SELECT', stdin, '1\n')).toBe('1\n');
    expect(await text('/?query=SEL', stdin, 'ECT 1\n')).toMatch(
      /^Code: 62\. DB::Exception: Syntax error: failed/,
    );
    expect(await text('/', ['-d', 'SELECT 1'])).toBe('1\n');
  });

  it('gets its format from itself, the URL or a header', async () => {
    expect(JSON.parse(await text('/?query=SELECT%201,%202,%203%20FORMAT%20JSON')).data).toEqual([
      { '1': 1, '2': 2, '3': 3 },
    ]);
    expect(await text('/?', stdin, 'SELECT 1 FORMAT Pretty')).toContain('┃ 1 ┃');
    expect(await text('/?default_format=CSV', ['-d', "SELECT 'a', 1"])).toBe('"a",1\n');
    expect(await text('/', ['-H', 'X-ClickHouse-Format: JSONEachRow', '-d', 'SELECT 1 AS a'])).toBe(
      '{"a":1}\n',
    );
  });

  it('gets its database from the URL or a header', async () => {
    const numbers = '0\n1\n2\n';
    expect(await text('/?database=system', stdin, 'SELECT number FROM numbers LIMIT 3')).toBe(numbers);
    const header = ['-H', 'X-ClickHouse-Database: system'];
    expect(await text('/', [...header, ...stdin], 'SELECT number FROM numbers LIMIT 3')).toBe(numbers);
  });

  it('gets its parameters from the URL, escaped', async () => {
    const query = 'SELECT {id:UInt8} + 1, {phrase:String}';
    expect(await text('/?param_id=2&param_phrase=test', ['-d', query])).toBe('3\ttest\n');
    const split = "SELECT splitByChar('\\t', {arg1:String})";
    expect(await text('/?param_arg1=abc%5C%09123', ['-d', split])).toBe("['abc','123']\n");
    expect(await text('/?param_arg1=abc%09123', ['-d', split])).toMatch(/^Code: 457\./);
    expect(await text('/?param_arg1=%5CN', ['-d', 'SELECT {arg1:Nullable(String)} IS NULL'])).toBe('1\n');
  });
});

describe('rows', () => {
  it('are inserted as the manual does it', async () => {
    const insert = (query: string, body: string) => text(`/?query=${encodeURIComponent(query)}`, stdin, body);
    expect(await text('/', stdin, 'CREATE TABLE t (a UInt8) ENGINE = Memory\n')).toBe('');
    expect(await text('/', stdin, 'INSERT INTO t VALUES (1),(2),(3)\n')).toBe('');
    expect(await insert('INSERT INTO t VALUES', '(4),(5),(6)\n')).toBe('');
    expect(await insert('INSERT INTO t FORMAT Values', '(7),(8),(9)\n')).toBe('');
    expect(await insert('INSERT INTO t FORMAT TabSeparated', '10\n11\n12\n')).toBe('');
    expect((await text('/?query=SELECT%20a%20FROM%20t')).trim().split('\n').sort()).toEqual(
      Array.from({ length: 12 }, (_, i) => String(i + 1)).sort(),
    );
    expect(await text('/', stdin, 'DROP TABLE t\n')).toBe('');
  });

  it('are sent in one piece, in chunks, or after the server has said 100', async () => {
    await curl('/', ['-d', 'CREATE TABLE large (a UInt32, b String) ENGINE = Memory']);
    const body = Array.from({ length: 200_000 }, (_, i) => `${i}\trow ${i}\n`).join('');
    const path = '/?query=INSERT%20INTO%20large%20FORMAT%20TSV';
    await curl(path, stdin, body);
    await curl(path, ['-H', 'Expect: 100-continue', ...stdin], body);
    await curl(path, ['-T', '-', '-X', 'POST'], body);
    expect(await text('/', ['-d', 'SELECT count(), uniqExact(a) FROM large'])).toBe('600000\t200000\n');
    await curl('/', ['-d', 'DROP TABLE large']);
  });
});

describe('compression', () => {
  it('goes both ways', async () => {
    const gzip = ['-H', 'Content-Encoding: gzip', ...stdin];
    expect(await text('/', gzip, gzipSync('SELECT 1'))).toBe('1\n');
    const packed = await curl('/?enable_http_compression=1', [
      '-H',
      'Accept-Encoding: gzip',
      '-d',
      'SELECT number FROM system.numbers LIMIT 3',
    ]);
    expect(gunzipSync(packed).toString()).toBe('0\n1\n2\n');
    expect(
      await text('/?enable_http_compression=1', [
        '--compressed',
        '-d',
        'SELECT number FROM system.numbers LIMIT 3',
      ]),
    ).toBe('0\n1\n2\n');
  });
});

describe('a login', () => {
  const alone = async (options: readonly string[], url: string): Promise<string> =>
    (await run('curl', ['-sS', ...options, '-d', 'SELECT 1', url])).stdout;

  it('can be given in the three ways, and is asked for', async () => {
    const { host } = new URL(engine.url);
    const secret = password();
    expect(await alone([], `http://default:${secret}@${host}/`)).toBe('1\n');
    expect(await alone(['-u', `default:${secret}`], `http://${host}/`)).toBe('1\n');
    expect(await alone([], `http://${host}/?user=default&password=${secret}`)).toBe('1\n');
    expect(await alone(netrc, `http://${host}/`)).toBe('1\n');
    expect(await alone([], `http://${host}/`)).toMatch(/^Code: 194\..*REQUIRED_PASSWORD/);
    expect(await alone(['-u', 'default:wrong'], `http://${host}/`)).toMatch(
      /^Code: 516\..*AUTHENTICATION_FAILED/,
    );
  });
});

describe('an answer', () => {
  it('names query, format, time zone and summary in its headers', async () => {
    const head = await text('/?query_id=mine', ['-D', '-', '-o', '/dev/null', '-d', 'SELECT 1 FORMAT JSON']);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    for (const line of [
      /^X-ClickHouse-Query-Id: mine\r$/m,
      /^X-ClickHouse-Format: JSON\r$/m,
      /^X-ClickHouse-Timezone: UTC\r$/m,
      /^X-ClickHouse-Summary: \{"read_rows":"\d+",.*\}\r$/m,
      /^Content-Type: application\/json; charset=UTF-8\r$/m,
    ])
      expect(head).toMatch(line);
  });

  it('carries an error in its status when it has waited for the end, and otherwise at its end', async () => {
    const query = 'select sleepEachRow(0.001), throwIf(number=2) from numbers(5)';
    const status = (path: string) => text(path, ['-w', '%{http_code}', '-o', '/dev/null', '-d', query]);
    expect(await status('/?max_block_size=1&wait_end_of_query=1')).toBe('500');
    const body = await run('curl', ['-sS', ...netrc, '-d', query, `${engine.url}/?max_block_size=1`], {
      encoding: 'utf8',
    }).catch((error: { stdout: string }) => error);
    expect(body.stdout).toContain('Code: 395. DB::Exception: Value passed to');
  });

  it('shows progress in headers when asked to', async () => {
    const head = await text('/?send_progress_in_http_headers=1', [
      '-D',
      '-',
      '-o',
      '/dev/null',
      '-d',
      'SELECT count() FROM numbers(5) WHERE sleepEachRow(0.2) = 0 SETTINGS max_block_size = 1',
    ]);
    expect(head).toMatch(/^X-ClickHouse-Progress: \{"read_rows":"\d+"/m);
  });

  it('has no body for HEAD', async () => {
    expect(await text('/?query=SELECT%201', ['-I'])).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });
});

describe('what may change something', () => {
  it('needs POST', async () => {
    expect(await text('/?query=CREATE%20TABLE%20t%20(a%20Int8)%20ENGINE%3DMemory')).toMatch(
      /^Code: 164\..*READONLY/,
    );
  });

  it('comes one statement at a time', async () => {
    const answer = await text('/', stdin, 'SET ROLE my_role;SELECT * FROM my_table;');
    expect(answer).toMatch(/^Code: 62\. DB::Exception: Syntax error \(Multi-statements are not allowed\)/);
  });
});

describe('a session', () => {
  it('is named in the URL, as in the manual', async () => {
    const session = '/?session_id=mine&session_timeout=600';
    expect(await text(session, stdin, 'SET max_block_size = 3')).toBe('');
    const read = ['-d', "SELECT getSetting('max_block_size')"];
    expect(await text(session, read)).toBe('3\n');
    expect(await text('/?session_id=mine&session_check=1', read)).toBe('3\n');
    expect(await text('/?session_id=other&session_check=1', read)).toMatch(/^Code: 372\..*SESSION_NOT_FOUND/);
  });
});
