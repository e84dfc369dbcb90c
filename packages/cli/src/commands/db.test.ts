import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

function ja4(args: readonly string[], variables: Record<string, string>) {
  return spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...variables },
  });
}

const cluster = {
  JA4_STORE_URL: 'http://127.0.0.1:1',
  JA4_STORE_CLUSTER: 'edge',
  JA4_STORE_PASSWORD: 'secret!',
};

it('prints what a cluster would be told, without asking it and without the password', () => {
  const { status, stdout } = ja4(['db', 'migrate', '--dry-run', '--all'], cluster);
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^-- databases and history\nCREATE DATABASE IF NOT EXISTS ja4_logs ON CLUSTER 'edge'\n;/,
  );
  expect(stdout).toContain("ENGINE = Distributed('edge', 'ja4_logs', 'http_logs_local', cityHash64(src_ip))");
  expect(stdout).toContain("USER 'default' PASSWORD '[hidden]'");
  expect(stdout).not.toContain('secret!');
});

it('prints the same as JSON, a step with its statements', () => {
  const { stdout } = ja4(['db', 'migrate', '--dry-run', '--all', '--json'], {});
  const steps: unknown = JSON.parse(stdout);
  expect(steps).toContainEqual({
    name: '0009_service_metrics',
    statements: [expect.stringMatching(/^CREATE/)],
  });
});

it('refuses --all without --dry-run, and a store that does not answer, with a line', () => {
  const { status, stderr } = ja4(['db', 'migrate', '--all'], {});
  expect([status, stderr]).toEqual([2, 'ja4: --all: belongs to --dry-run\n']);
  const refused = ja4(['db', 'migrate', '--dry-run'], cluster);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(/^ja4: the store at http:\/\/127\.0\.0\.1:1: .*store\.url.*\n$/);
});
