import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it, vi } from 'vitest';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ja4-reload-'));
const config = join(folder, 'ja4.yml');
const started: ChildProcess[] = [];
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function configure(correlator: string): void {
  const store = 'store: { url: "http://127.0.0.1:1" }';
  writeFileSync(config, `data_dir: ${folder}/data\n${store}\nservices: { health_port: 0 }\n${correlator}\n`);
}

/** A correlator without a terminal, as a service manager starts it, and what it says. */
async function startCorrelator() {
  const child = spawn(process.execPath, [main, 'correlator', '--config', config], {
    // A session of its own: at a terminal, the signal would mean something else.
    detached: true,
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  started.push(child);
  const said: Record<string, unknown>[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => said.push(JSON.parse(line)));
  await vi.waitFor(() => expect(said.some(({ health_port: port }) => port !== undefined)).toBe(true), 20_000);
  const runs = said.find(({ health_port: port }) => port !== undefined);
  return { child, said, pid: Number(child.pid), port: Number(runs?.health_port) };
}

function sendRequest(from: string): void {
  const event = {
    timestamp: Date.now() * 1_000_000,
    source: 'node',
    src_ip: from,
    src_port: 40_000,
    dst_port: 443,
    method: 'GET',
    host: 'shop.example',
    path: '/',
  };
  connect(join(folder, 'data/run/http.stream.socket')).end(`${JSON.stringify(event)}\n`);
}

it('takes new filters on SIGHUP, keeps the old ones when the file is wrong, and counts everything', async () => {
  configure('');
  const { child, said, pid, port } = await startCorrelator();
  const counter = async (name: string): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}/health`);
    const { counters } = (await response.json()) as { counters: Record<string, unknown> };
    return counters[name];
  };
  const counts = (name: string, value: number) =>
    vi.waitFor(async () => expect(await counter(name)).toBe(value), 10_000);
  const heard = (text: RegExp) =>
    vi.waitFor(() => expect(said.map((line) => JSON.stringify(line)).join('\n')).toMatch(text), 10_000);

  sendRequest('192.0.2.7');
  await counts('http_events', 1);
  expect(await counter('http_excluded_source')).toBe(0);

  configure('correlator: { exclude_source_ips: [192.0.2.0/24] }');
  process.kill(pid, 'SIGHUP');
  await heard(/correlator has reloaded/);
  sendRequest('192.0.2.7');
  await counts('http_excluded_source', 1);

  configure('correlator: { exclude_source_ip: [] }');
  process.kill(pid, 'SIGHUP');
  await heard(/cannot reload, and goes on as before: .*correlator\.exclude_source_ip is not a setting/);
  sendRequest('192.0.2.7');
  await counts('http_excluded_source', 2);

  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(metrics).toMatch(
    /\n# TYPE ja4_correlator_data_dir_free_bytes gauge\nja4_correlator_data_dir_free_bytes \d+\n/,
  );

  const exit = once(child, 'exit');
  process.kill(pid, 'SIGTERM');
  expect(await exit).toEqual([0, null]);
}, 60_000);
