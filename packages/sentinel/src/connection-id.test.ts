import { expect, it } from 'vitest';
import { ConnectionIds } from './connection-id.ts';
import { keyWords } from './flow/flow-table.ts';

const startedNs = 1.7e18;

function key(srcPort: number, client = 0x0a000001): Int32Array {
  return Int32Array.of(0, 0, 0xffff, client, 0, 0, 0xffff, 0x0a000002, (srcPort << 16) | 443);
}

it('gives one connection the same id in every reading, and another to another sensor', () => {
  const id = new ConnectionIds('edge-1').of(key(51_234), 0, startedNs);
  expect(id).toMatch(/^[0-9a-f]{16}$/);
  expect(new ConnectionIds('edge-1').of(key(51_234), 0, startedNs)).toBe(id);
  expect(new ConnectionIds('edge-2').of(key(51_234), 0, startedNs)).not.toBe(id);
});

it('keeps apart what differs in one port, one address or a quarter of a microsecond', () => {
  const ids = new ConnectionIds('edge-1');
  const seen = new Set<string>();
  for (let port = 0; port < 20_000; port++) seen.add(ids.of(key(port), 0, startedNs));
  for (let host = 1; host <= 20_000; host++) seen.add(ids.of(key(443, host), 0, startedNs));
  for (let step = 1; step <= 20_000; step++) seen.add(ids.of(key(51_234, 7), 0, startedNs + step * 256));
  expect(seen.size).toBe(60_000);
});

it('reads the key where it stands in the table', () => {
  const table = new Int32Array(3 * keyWords);
  table.set(key(51_234), 2 * keyWords);
  const ids = new ConnectionIds('edge-1');
  expect(ids.of(table, 2 * keyWords, startedNs)).toBe(ids.of(key(51_234), 0, startedNs));
});
