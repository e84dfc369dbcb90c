import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from './connect.ts';
import { insertHttpLogs } from './insert-http-logs.ts';
import { migrate } from './migrate.ts';
import { loadReferenceData } from './reference-data.ts';
import { scriptRequest } from './sample-requests.test-support.ts';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-store.test-support.ts';

let engine: TemporaryEngine;
let store: Store;
let directory: string;
beforeAll(async () => {
  engine = await startTemporaryEngine();
  store = engine.store({ logs: 'demo_ja4_logs', processing: 'demo_ja4_processing' });
  await migrate(store);
  directory = await mkdtemp(join(tmpdir(), 'ja4-refdata-'));
});
afterAll(async () => {
  await engine.stop();
  await rm(directory, { recursive: true, force: true });
});

async function lookup<T>(expression: string): Promise<T | undefined> {
  const result = await store.client.query({ query: `SELECT ${expression} AS found`, format: 'JSONEachRow' });
  return (await result.json<{ found: T }>())[0]?.found;
}
const asn = (address: string) =>
  lookup<number>(`dictGetOrDefault('demo_ja4_processing.dict_iplocate_asn', 'asn', toIPv6('${address}'), 0)`);
const browser = (fingerprint: string) =>
  lookup<string>(
    `dictGetOrDefault('demo_ja4_processing.dict_browser_h2', 'browser_family', '${fingerprint}', 'unknown')`,
  );
const chromium = '1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p';
const curl = '3:100;4:33554432;2:0|33488897|0|m,p,s,a';

test('without any reference data every lookup is empty and no request is refused', async () => {
  expect(await asn('198.18.16.1')).toBe(0);
  await insertHttpLogs(store, [
    scriptRequest({ time: Date.now() * 1000, src_ip: '198.19.48.1', conn_id: 'early' }),
  ]);
  const result = await store.client.query({
    query: "SELECT src_asn, bot_name, asn_label FROM demo_ja4_logs.http_logs WHERE conn_id = 'early'",
    format: 'JSONEachRow',
  });
  expect(await result.json()).toEqual([{ src_asn: 0, bot_name: '', asn_label: '' }]);
});

test('the shipped data is loaded, looked up at once, and loading again changes nothing', async () => {
  const report = await loadReferenceData(store);
  expect(report['networks.tsv']).toBeGreaterThan(5);
  expect(await loadReferenceData(store)).toEqual(report);
  expect(await lookup<string>('(SELECT count() FROM demo_ja4_processing.ref_networks)')).toBe(
    String(report['networks.tsv']),
  );
  expect(await asn('198.18.16.1')).toBe(64500);
  expect(await asn('2001:db8:16::1')).toBe(64500);
  expect(await asn('2001:db8:17::1')).toBe(0);
  expect(await browser(chromium)).toBe('Chromium');
  expect(await browser(curl)).toBe('');
  expect(await browser('nothing')).toBe('unknown');
});

test('requests are stored with what is known about their network and client', async () => {
  await insertHttpLogs(store, [
    scriptRequest({
      time: Date.now() * 1000,
      src_ip: '198.19.48.1',
      conn_id: 'late',
      h2_fingerprint: chromium,
    }),
  ]);
  const result = await store.client.query({
    query: `SELECT src_asn, src_org, asn_label, bot_name, h2_browser_family, is_document, is_asset
      FROM demo_ja4_logs.http_logs WHERE conn_id = 'late'`,
    format: 'JSONEachRow',
  });
  expect(await result.json()).toEqual([
    {
      src_asn: 64513,
      src_org: 'Testbed Crawler Co',
      asn_label: 'hosting',
      bot_name: 'Testbed Crawler',
      h2_browser_family: 'Chromium',
      is_document: 1,
      is_asset: 0,
    },
  ]);
});

test("an operator's entries win over the shipped ones and survive their update", async () => {
  const clients = `kind\tfingerprint\tname\tlibrary\tcontext\tsource\nh2\t${chromium}\tOur app\tCronet\ttool\town\n`;
  await writeFile(join(directory, 'clients.tsv'), clients);
  expect(await loadReferenceData(store, { directory, origin: 'own' })).toEqual({ 'clients.tsv': 1 });
  await loadReferenceData(store);
  expect(await browser(chromium)).toBe('');
  await writeFile(join(directory, 'clients.tsv'), 'kind\tfingerprint\tname\tlibrary\tcontext\tsource\n');
  await loadReferenceData(store, { directory, origin: 'own' });
  expect(await browser(chromium)).toBe('Chromium');
});

test.each([
  ['networks.tsv', 'prefix\tasn\n', 'the first line must name the columns'],
  [
    'bot_networks.tsv',
    'prefix\tbot_name\n\n300.1.1.0/24\tx\n',
    'bot_networks.tsv:3: "300.1.1.0/24" is not a network prefix',
  ],
  ['bot_networks.tsv', 'prefix\tbot_name\n10.0.0.0/33\tx\n', '"10.0.0.0/33" is not a network prefix'],
  ['bot_networks.tsv', 'prefix\tbot_name\n10.0.0.0/8\n', '1 columns instead of 2'],
  ['asn_labels.tsv', 'asn\tlabel\nAS1\tisp\n', '"AS1" is not an AS number'],
  ['bot_ja4.tsv', 'ja4\tbot_name\n\tx\n', 'ja4 or bot_name is empty'],
  [
    'clients.tsv',
    'kind\tfingerprint\tname\tlibrary\tcontext\tsource\nja9\ta\tb\tc\ttool\te\n',
    'kind "ja9" is none of',
  ],
])('a wrong entry in %s is refused with its place, and nothing changes', async (file, text, message) => {
  const wrong = await mkdtemp(join(directory, 'wrong-'));
  await writeFile(join(wrong, file), text);
  await expect(loadReferenceData(store, { directory: wrong })).rejects.toMatchObject({
    code: 'REFERENCE_DATA_INVALID',
    message: expect.stringContaining(message),
  });
  expect(await asn('198.18.16.1')).toBe(64500);
});

test('a prefix that got into the table by another way does not keep the dictionary from loading', async () => {
  await store.client.insert({
    table: 'demo_ja4_processing.ref_networks',
    values: [
      { origin: 'hand', prefix: 'nonsense', asn: 1 },
      { origin: 'hand', prefix: '198.18.99.0/99', asn: 2 },
    ],
    format: 'JSONEachRow',
  });
  await loadReferenceData(store);
  expect(await asn('198.18.16.1')).toBe(64500);
});
