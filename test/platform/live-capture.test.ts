import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect } from 'vitest';
import type { Report } from '../../packages/sentinel/src/live/namespace-capture.test-program.ts';
import { itNeeds, program, root } from '../setup/needs.ts';

const needs = [
  root,
  program('ip', 'iproute2'),
  program('unshare', 'util-linux'),
  program('tcpdump'), // It compiles an operator's filter.
];
const namespaced = itNeeds(...needs);

describe('live capture in a network namespace', () => {
  let report: Report;

  beforeAll(() => {
    if (!needs.every((need) => need.present())) return;
    const file = fileURLToPath(
      new URL('../../packages/sentinel/src/live/namespace-capture.test-program.ts', import.meta.url),
    );
    const run = spawnSync('unshare', ['--net', process.execPath, file], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    report = JSON.parse(run.stdout);
  });

  namespaced('hears frames with no tag, one and two, over IPv4 and IPv6, whatever their priority', () => {
    expect(report.tags).toEqual(Array.from({ length: 14 }, (_, i) => 50_000 + i));
  });

  namespaced('decodes what an operator asks for beside IP: PPPoE and MPLS', () => {
    expect(report.tunnels).toEqual([50_100, 50_101]);
  });

  namespaced('survives its interface, without spinning while it is down', () => {
    expect(report.afterDown).toEqual([50_010]);
    expect(report.coresWhileDown).toBeLessThan(0.1);
    expect(report.readyWhileDown).toEqual({
      ok: false,
      why: 'the interface vb is down: ip link set vb up',
    });
    expect(report.readyWithoutInterface).toEqual({
      ok: false,
      why: 'the interface vb is gone: waiting for it',
    });
    expect(report.afterRemoval).toEqual([50_020]);
  });

  namespaced('watches several interfaces, whichever of them are there', () => {
    const { first, readyWithoutOne, whileOneIsGone, whenTheLateOneCame, counters } = report.several;
    expect(first).toEqual([50_200, 50_201]);
    expect(readyWithoutOne).toEqual({
      ok: false,
      why: 'the interface late does not exist: waiting for it',
    });
    expect(whileOneIsGone).toEqual([50_202]);
    expect(whenTheLateOneCame).toEqual([50_203]);
    // A SYN and two segments each.
    expect(counters).toMatchObject({ 'capture_packets.vb': 6, 'capture_packets.vd': 3 });
    expect(counters.capture_packets).toBe(9 + (counters['capture_packets.late'] ?? 0));
    expect(counters.capture_interfaces_missing).toBe(1);
  });

  namespaced(
    'hears both ends of a cable through any, and does not take the sending one for a visitor',
    () => {
      expect(report.any).toEqual([50_030]);
    },
  );

  namespaced(
    'looks at what is for this machine, an address that came later included, and at mirrored frames',
    () => {
      expect(report.local).toMatchObject({
        own: [50_301],
        foreign: [],
        mirrored: [50_302],
        adopted: [50_303],
        everything: [50_304],
      });
      expect(report.local.warnings.join()).toContain('set sentinel.local_addresses');
    },
  );

  namespaced('loses nothing while the thread stands still for half a second', () => {
    expect(report.held).toMatchObject({ capture_packets: 10_000, capture_kernel_drops: 0 });
  });

  namespaced('counts what it lost while it stood still for longer', () => {
    const { capture_packets: packets = 0, capture_kernel_drops: drops = 0 } = report.stopped;
    expect(drops).toBeGreaterThan(0);
    expect(packets + drops).toBe(60_000);
    expect(report.stopped.capture_kernel_packets).toBe(60_000);
  });

  namespaced('keeps up with a flood', () => {
    expect(report.flood).toMatchObject({
      capture_packets: 200_000,
      capture_kernel_packets: 200_000,
      capture_kernel_drops: 0,
    });
  });
});
