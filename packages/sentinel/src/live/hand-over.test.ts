import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { itNeeds, root } from '../../../../test/setup/needs.ts';
import type { CaptureSource } from './capture-source.ts';
import { decodeSource, encodeSource } from './hand-over.ts';
import { startTraffic } from './real-traffic.test-support.ts';

/** A service as the supervisor starts it: it reports through the message channel. */
function service(port: number): string {
  const url = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  return `
    import { readdirSync, readFileSync } from 'node:fs';
    import { openCapture } from ${url('./capture.ts')};
    import { captureSourceWithoutPrivileges } from ${url('./hand-over.ts')};
    const privileges = () => {
      const status = readFileSync('/proc/self/status', 'latin1');
      const field = (name) => new RegExp('^' + name + ':\\\\s*(\\\\S+)', 'm').exec(status)[1];
      return { effective: field('CapEff'), permitted: field('CapPrm'), noNewPrivileges: field('NoNewPrivs') === '1' };
    };
    const log = { warn() {}, info() {} };
    const options = { interfaces: ['lo'], ports: [${port}], excludeSourceIps: [], log };
    const before = process.env.SENTINEL_CAPTURE_FD === undefined;
    if (before) process.send({ opener: privileges(), pid: process.pid });
    const source = await captureSourceWithoutPrivileges(options);
    const threads = readdirSync('/proc/self/task').map((id) =>
      /^CapPrm:\\s*(\\S+)/m.exec(readFileSync('/proc/self/task/' + id + '/status', 'latin1'))[1]);
    let packets = 0;
    const capture = await openCapture({ ...options, source, onPacket: () => packets++ });
    process.send({ sniffer: privileges(), threads, pid: process.pid, arguments: process.argv.slice(2) });
    process.on('message', async () => {
      await capture.stop();
      process.send({ packets });
      process.disconnect();
    });`;
}

itNeeds(root)(
  'captures in a process without any capability, which its supervisor takes for the one it started',
  async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'ja4-hand-over-'));
    chmodSync(folder.path, 0o755);
    const traffic = await startTraffic();
    const file = join(folder.path, 'service.mjs');
    writeFileSync(file, service(traffic.port));
    const child = spawn(process.execPath, [file, '--flag'], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const ended = once(child, 'exit');

    const [opener] = await once(child, 'message');
    expect(opener.opener.effective).not.toBe('0000000000000000');
    const [sniffer] = await once(child, 'message');
    expect(sniffer).toMatchObject({
      pid: opener.pid,
      arguments: ['--flag'],
      sniffer: { effective: '0000000000000000', permitted: '0000000000000000', noNewPrivileges: true },
    });
    expect(new Set(sniffer.threads)).toEqual(new Set(['0000000000000000']));

    await traffic.sendHellos(20, ['127.0.0.1', '::1']);
    await traffic.stop();
    child.send('stop');
    const [result] = await once(child, 'message');
    expect(result.packets).toBe(40);
    expect(await ended).toEqual([0, null]);
  },
);

it('takes nothing but a packet socket from its environment', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'ja4-hand-over-'));
  const file = join(folder.path, 'service.mjs');
  writeFileSync(file, service(443));
  const texts = ['5', '', 'x', 'ring,0,1024,lo', 'ring,99,1024,lo', 'ring,-1,1,lo', 'pipes,99,98,97,lo'];
  for (const text of texts) {
    const child = spawn(process.execPath, [file], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, SENTINEL_CAPTURE_FD: text },
    });
    const said: string[] = [];
    child.stderr?.setEncoding('utf8').on('data', (part: string) => said.push(part));
    const [status] = await once(child, 'close');
    expect(status).toBe(1);
    expect(said.join('')).toContain('is not a capture socket: do not set it by hand');
  }
});

it('names to its successor what it opened, and takes no other text for that', () => {
  const fd = fc.nat(999_999);
  const name = fc.stringMatching(/^[^\s/]{1,15}$/);
  const rings = fc.array(fc.record({ interface: name, fd, blocks: fd }), { minLength: 1 });
  const pipes = fc.record({ interface: name, packets: fd, messages: fd, control: fd });
  const sources = fc.oneof(
    rings.map((all): CaptureSource => ({ kind: 'rings', rings: all })),
    fc.array(pipes, { minLength: 1 }).map((all): CaptureSource => ({ kind: 'tcpdump', processes: all })),
  );
  fc.assert(
    fc.property(sources, fc.string(), (source, text) => {
      expect(decodeSource(encodeSource(source))).toEqual(source);
      expect(decodeSource(text)).toBeUndefined();
    }),
  );
  expect(decodeSource('ring,5,1024,lo pipes,6,7,8,eth0')).toBeUndefined();
});
