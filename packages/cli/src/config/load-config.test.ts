import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from './load-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'ja4-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function withFile(text: string, environment: NodeJS.ProcessEnv = {}) {
  const file = join(mkdtempSync(join(folder, 'x')), 'ja4.yml');
  writeFileSync(file, text);
  return () => loadConfig({ file, environment });
}

describe('configuration', () => {
  it('has a default for everything', () => {
    const settings = loadConfig({ environment: {} });
    expect(settings.dashboard).toEqual({ host: '127.0.0.1', port: 8000 });
    expect(settings.sockets.dir).toBe(resolve('data/run'));
    expect(settings.detector.fingerprint_coherence_threshold).toBe(0.25);
  });

  it('lets the environment override the file, and flags override both', () => {
    const file = join(mkdtempSync(join(folder, 'x')), 'ja4.yml');
    writeFileSync(file, 'store:\n  port: 1\ndashboard:\n  port: 1\nsentinel:\n  ports: [1]\n');
    const settings = loadConfig({
      file,
      environment: { JA4_STORE_PORT: '2', JA4_DASHBOARD_PORT: '2', JA4_SENTINEL_PORTS: '443, 8443' },
      flags: [{ path: ['store', 'port'], value: 3, from: '--store-port' }],
    });
    expect(settings.store.port).toBe(3);
    expect(settings.dashboard.port).toBe(2);
    expect(settings.sentinel.ports).toEqual([443, 8443]);
  });

  it.each([
    ['one name', 'sentinel:\n  interface: eth0\n', {}, ['eth0']],
    ['a list', 'sentinel:\n  interface: [eth0, eth1.7]\n', {}, ['eth0', 'eth1.7']],
    ['text with commas', 'sentinel:\n  interface: eth0, eth1\n', {}, ['eth0', 'eth1']],
    ['a variable', 'sentinel:\n  interface: lo\n', { JA4_SENTINEL_INTERFACE: 'eth0,eth1' }, ['eth0', 'eth1']],
    ['a name of digits', '', { JA4_SENTINEL_INTERFACE: '10' }, ['10']],
    ['nothing', '', {}, ['any']],
  ])('takes interfaces as %s', (_, text, environment, interfaces) => {
    expect(withFile(text, environment)().sentinel.interface).toEqual(interfaces);
  });

  it.each([
    ['', {}, ['socket']],
    ['sentinel:\n  output: stdout\n', {}, ['stdout']],
    ['sentinel:\n  output: [socket, /var/log/ja4/n.jsonl]\n', {}, ['socket', '/var/log/ja4/n.jsonl']],
    ['', { JA4_SENTINEL_OUTPUT: '-, log/n.jsonl' }, ['stdout', resolve('log/n.jsonl')]],
  ])('sends events where %j %j says', (text, environment, outputs) => {
    expect(withFile(text, environment)().sentinel.output).toEqual(outputs);
  });

  it('tells local addresses that are not set from none', () => {
    expect(withFile('')().sentinel.local_addresses).toBeUndefined();
    expect(withFile('sentinel:\n  local_addresses: []\n')().sentinel.local_addresses).toEqual([]);
    const environment = { JA4_SENTINEL_LOCAL_ADDRESSES: '192.0.2.1, 2001:db8::/64' };
    expect(withFile('', environment)().sentinel.local_addresses).toEqual(['192.0.2.1', '2001:db8::/64']);
  });

  it("accepts the original's variables", () => {
    const settings = loadConfig({
      environment: { CLICKHOUSE_HOST: 'db.example', CLICKHOUSE_PORT: '8124', AE_WEIGHT: '0.4' },
    });
    expect(settings.store.url).toBe('http://db.example:8124');
    expect(settings.detector.ae_weight).toBe(0.4);
  });

  it('reads an octal mode however YAML reads it', () => {
    expect(withFile('sockets:\n  mode: "0660"\n')().sockets.mode).toBe(0o660);
    expect(withFile('sockets:\n  mode: 660\n')().sockets.mode).toBe(0o660);
  });

  it.each([
    ['sentinel:\n  port: [443]\n', {}, /sentinel\.port is not a setting; did you mean sentinel\.ports\?/],
    ['sentinel:\n  ports: [0]\n', {}, /ja4\.yml: sentinel\.ports\.0: .*>=1/],
    ['dashbord:\n  port: 1\n', {}, /dashbord is not a setting; did you mean dashboard/],
    ['dashboard:\n  port: many\n', {}, /ja4\.yml: dashboard\.port: expected (int|number)/],
    [
      '',
      { JA4_DASHBOARD_PROT: '1' },
      /JA4_DASHBOARD_PROT is not a setting; did you mean JA4_DASHBOARD_PORT\?/,
    ],
    ['', { JA4_DASHBOARD_PORT: 'x' }, /JA4_DASHBOARD_PORT: dashboard\.port: expected/],
    ['- a\n- b\n', {}, /expected sections/],
    ['sentinel:\n  interface: [any, eth0]\n', {}, /sentinel\.interface: any stands for all interfaces/],
    ['sentinel:\n  interface: eth0/1\n', {}, /sentinel\.interface: expected names of network interfaces/],
    ['sentinel:\n  interface: []\n', {}, /sentinel\.interface: expected at least one/],
    ['sentinel:\n  interface: 7\n', {}, /sentinel\.interface: expected the name of a network interface/],
    ['sentinel:\n  output: stout\n', {}, /sentinel\.output: expected socket, stdout or the path/],
    ['sentinel:\n  output: ["-", stdout]\n', {}, /sentinel\.output: names one output twice/],
    ['sentinel:\n  output: ~/x\n', {}, /sentinel\.output: .*"~" is the shell's/],
    [
      'sentinel:\n  outputs: stdout\n',
      {},
      /sentinel\.outputs is not a setting; did you mean sentinel\.output\?/,
    ],
    ['sentinel:\n  local_address: []\n', {}, /did you mean sentinel\.local_addresses\?/],
    ['', { JA4_SENTINEL_LOCAL_ADDRESSES: 'x' }, /JA4_SENTINEL_LOCAL_ADDRESSES: .*expected an address/],
    ['a: [', {}, /ja4\.yml: /],
    ['store:\n  logs_database: "x; DROP"\n', {}, /store\.logs_database: expected an identifier/],
  ])('refuses %j %j with path, reason and nearest key', (text, environment, message) => {
    expect(withFile(text, environment)).toThrow(message);
  });

  it('leaves the variables of the tests alone', () => {
    expect(() => loadConfig({ environment: { JA4_TEST_CORPUS: 'x', JA4_REQUIRE_ALL: '1' } })).not.toThrow();
  });

  it('refuses any other tree with one line and never with anything but an operator error', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (tree) => {
        try {
          withFile(JSON.stringify(tree))();
        } catch (error) {
          expect(error).toMatchObject({ exitCode: 2 });
          expect(String((error as Error).message)).not.toContain('\n');
        }
      }),
      { numRuns: 50 },
    );
  });
});
