import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import type { RunReport } from '../../chaos/run.ts';
import { itNeeds, program, root } from '../setup/needs.ts';

const chaos = fileURLToPath(new URL('../../chaos/main.ts', import.meta.url));

const needs = [root, program('unshare', 'util-linux'), program('mount'), program('ip', 'iproute2')];

describe('a platform of which anything is killed at any time', () => {
  itNeeds(...needs)('has what its spool accepted in the store, exactly once, aggregated too', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [chaos, '--json', '--kills', '10', '--minutes', '0.3', '--seed', '5', '--rate', '600'],
      { encoding: 'utf8', timeout: 280_000, maxBuffer: 64 << 20 },
    );
    expect(stdout, stderr).not.toBe('');
    const { verdict, blows, troubles } = JSON.parse(stdout) as RunReport;
    expect({ violations: verdict.violations, troubles }, stderr).toEqual({ violations: [], troubles: {} });
    expect(status).toBe(0);
    expect(blows).toMatchObject({ kill: 10, outage: 1, fill: 1 });
    expect(verdict.accepted).toBeGreaterThan(1_000);
    expect(verdict.stored).toBe(verdict.accepted);
  });
});
