import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import type { Report } from '../../packages/sentinel/src/live/namespace-capture.test-program.ts';
import { itNeeds, program, root } from '../setup/needs.ts';

const namespaced = itNeeds(root, program('ip', 'iproute2'), program('unshare', 'util-linux'));

describe('live capture in a network namespace', () => {
  namespaced('hears tagged frames, survives its interface, and keeps up with a flood', () => {
    const file = fileURLToPath(
      new URL('../../packages/sentinel/src/live/namespace-capture.test-program.ts', import.meta.url),
    );
    const run = spawnSync('unshare', ['--net', process.execPath, file], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    const report: Report = JSON.parse(run.stdout);
    // No tag, one and two tags, over IPv4 and IPv6.
    expect(report.vlan).toEqual([50_000, 50_001, 50_002, 50_003, 50_004, 50_005]);
    expect(report.afterDown).toEqual([50_010]);
    expect(report.readyWithoutInterface).toEqual({
      ok: false,
      why: 'the interface vb is gone: waiting for it',
    });
    expect(report.afterRemoval).toEqual([50_020]);
    // Both ends of the cable are heard; the sending one is not a visitor.
    expect(report.any).toEqual([50_030]);
    expect(report.flood).toMatchObject({
      capture_packets: 200_000,
      capture_kernel_packets: 200_000,
      capture_kernel_drops: 0,
    });
  });
});
