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
    ['dashbord:\n  port: 1\n', {}, /dashbord is not a setting; did you mean dashboard/],
    ['dashboard:\n  port: many\n', {}, /ja4\.yml: dashboard\.port: expected (int|number)/],
    [
      '',
      { JA4_DASHBOARD_PROT: '1' },
      /JA4_DASHBOARD_PROT is not a setting; did you mean JA4_DASHBOARD_PORT\?/,
    ],
    ['', { JA4_DASHBOARD_PORT: 'x' }, /JA4_DASHBOARD_PORT: dashboard\.port: expected/],
    ['- a\n- b\n', {}, /expected sections/],
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
