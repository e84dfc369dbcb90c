import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { parseHttpEvent } from '../../packages/correlator/src/index.ts';
import { Receiver } from '../../packages/node-source/src/receiver.test-support.ts';
import { certificate } from '../setup/http2-listener.ts';
import { itNeeds, program } from '../setup/needs.ts';
import { eventually, freePorts } from '../setup/platform.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const needs = [program('npm'), program('curl'), program('openssl'), program('python3')];
const ready = needs.every((need) => need.present());

/** The programs that docs/sources/node.md shows, each with the line before it. */
const examples = [
  ...readFileSync(join(root, 'docs/sources/node.md'), 'utf8').matchAll(/\n([^\n]+)\n\n```js\n([\s\S]*?)```/g),
].map(([, title = '', code = '']) => ({ title, code }));

/** Node as operators have it: this one, and those on the PATH. */
const nodes = new Map(
  [process.execPath, ...spawnSync('which', ['-a', 'node'], { encoding: 'utf8' }).stdout.split('\n')]
    .filter((path) => path !== '')
    .map((path) => [spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.trim(), realpathSync(path)]),
);

function runIn(folder: string, command: string, ...args: string[]): void {
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  const run = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
  if (run.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${run.stdout}${run.stderr}`);
}

/** Packs the package in a copy of its workspace, so that nothing here changes meanwhile; the tarball. */
function pack(folder: string): string {
  const workspace = join(folder, 'workspace');
  for (const name of ['node-source', 'fingerprints']) {
    cpSync(join(root, 'packages', name), join(workspace, 'packages', name), { recursive: true });
  }
  cpSync(join(root, 'LICENSE'), join(workspace, 'LICENSE'));
  mkdirSync(join(workspace, 'node_modules/@ja4'), { recursive: true });
  symlinkSync(join(workspace, 'packages/fingerprints'), join(workspace, 'node_modules/@ja4/fingerprints'));
  for (const name of ['typescript', '@types']) {
    symlinkSync(join(root, 'node_modules', name), join(workspace, 'node_modules', name));
  }
  const source = join(workspace, 'packages/node-source');
  const manifest = readFileSync(join(source, 'package.json'), 'utf8');
  runIn(source, 'npm', 'pack', '--offline');
  expect(readFileSync(join(source, 'package.json'), 'utf8')).toBe(manifest);
  const tarball = readdirSync(source).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack made no tarball');
  return join(source, tarball);
}

describe('the package of the Node source, installed into a site', () => {
  let folder: string;
  let site: string;
  let receiver: Receiver;
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    if (!ready) return;
    folder = mkdtempSync(join(tmpdir(), 'ja4-node-package-'));
    site = join(folder, 'site');
    mkdirSync(site);
    writeFileSync(join(site, 'package.json'), '{ "private": true }');
    runIn(site, 'npm', 'install', '--offline', '--no-audit', '--no-fund', pack(folder));
    for (const name of ['express', 'fastify']) {
      symlinkSync(join(root, 'node_modules', name), join(site, 'node_modules', name));
    }
    const { key, cert } = certificate();
    writeFileSync(join(site, 'server.key'), key);
    writeFileSync(join(site, 'server.pem'), cert);
    receiver = await Receiver.open();
  });

  afterAll(async () => {
    for (const one of running) one.kill('SIGKILL');
    await receiver?.remove();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a program of the documentation as it stands, but for socket, port and address. */
  async function start(node: string, code: string, port: number): Promise<ChildProcess> {
    const socket = `socket: ${JSON.stringify(receiver.path)}`;
    const changed = code
      .replace('ja4Source()', `ja4Source({ ${socket} })`)
      .replace('ja4Source({ trusted', `ja4Source({ ${socket}, trusted`)
      .replace(/listen\((?:443|3000)\)/, `listen(${port}, '127.0.0.1')`)
      .replace("host: '0.0.0.0', port: 443", `host: '127.0.0.1', port: ${port}`);
    expect(changed).toContain(socket);
    expect(changed).toContain(String(port));
    const file = join(site, `program-${port}.${code.includes('require(') ? 'cjs' : 'mjs'}`);
    writeFileSync(file, changed);
    const child = spawn(node, [basename(file)], { cwd: site, stdio: ['ignore', 'pipe', 'pipe'] });
    running.push(child);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => (said += String(part)));
    await eventually('the program to listen', async () => {
      if (child.exitCode !== null) throw new Error(said);
      return spawnSync('python3', ['-c', `import socket; socket.create_connection(('127.0.0.1', ${port}))`])
        .status === 0
        ? true
        : undefined;
    });
    return child;
  }

  itNeeds(...needs)('has examples to try', () => {
    expect(examples.length).toBe(5);
    expect(nodes.size).toBeGreaterThan(0);
  });

  const tried = [...nodes].flatMap(([version, node]) =>
    examples.map((example) => ({ version, node, ...example })),
  );
  for (const { version, node, title, code } of tried) {
    itNeeds(...needs)(`reports two real clients under Node ${version}: ${title}`, async () => {
      const [port = 0] = await freePorts(1);
      const child = await start(node, code, port);
      const before = receiver.lines.length;
      const isSecure = code.includes('server.key');
      const url = `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}`;
      const curl = (...args: string[]) => runIn(site, 'curl', '-sfk', '-o', '/dev/null', ...args);
      curl('--http1.1', '-H', 'X-Odd: 1', `${url}/curl-1?a=b`, '-o', '/dev/null', `${url}/curl-1b`);
      if (code.includes('http2')) curl('--http2', '-H', 'x-odd: 1', `${url}/curl-2`);
      const script = `import ssl, urllib.request
urllib.request.urlopen('${url}/python', context=ssl._create_unverified_context() if ${isSecure ? 'True' : 'False'} else None)`;
      runIn(site, '/usr/bin/python3', '-c', script);
      const paths = ['/curl-1', '/curl-1b', ...(code.includes('http2') ? ['/curl-2'] : []), '/python'];
      await receiver.take(before + paths.length);
      const lines = receiver.lines.slice(before);
      for (const line of lines) expect(parseHttpEvent(line), line).toMatchObject({ ok: true });
      const events = receiver.events.slice(before);
      expect(events.map((event) => event.path)).toEqual(paths);
      for (const event of events) {
        expect(event).toMatchObject({
          source: 'node',
          status_code: 200,
          client_headers_order: 'wire',
          dst_port: port,
        });
        expect(event.response_size).toBeGreaterThanOrEqual('hello /curl-1?a=b\n'.length - 4);
      }
      expect(events[0]).toMatchObject({
        client_headers: 'Host,User-Agent,Accept,X-Odd',
        query: 'a=b',
        http_version: 'HTTP/1.1',
        scheme: isSecure ? 'https' : 'http',
      });
      expect(events[1]).toMatchObject({ keepalives: 1, conn_id: events[0]?.conn_id });
      expect(events.at(-1)?.['header_User-Agent']).toMatch(/^Python-urllib\//);
      if (code.includes('http2')) {
        expect(events[2]).toMatchObject({
          client_headers: 'user-agent,accept,x-odd',
          http_version: 'HTTP/2',
        });
        expect(events[2]?.h2_fingerprint).toMatch(/^3:100;4:\d+;2:0\|\d+\|0\|m,p,s,a$/);
      }
      child.kill('SIGTERM');
    });
  }
});
