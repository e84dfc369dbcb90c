import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../connect.ts';
import { renderMigrations } from '../migrate.ts';
import { startTemporaryEngine, type TemporaryEngine } from '../temporary-store.test-support.ts';
import type { Topology } from './topology.ts';

let engine: TemporaryEngine;
let store: Store;
const databases = { logs: 'spread_logs', processing: 'spread_processing' };
beforeAll(async () => {
  engine = await startTemporaryEngine();
  store = engine.store(databases);
});
afterAll(() => engine.stop());

const dictionaryLogin = { user: 'ja4', password: "it's\\" };
const topologies: readonly Topology[] = [
  { kind: 'embedded' },
  { kind: 'server', dictionaryLogin },
  { kind: 'cluster', cluster: 'edge-1', dictionaryLogin },
];

function statementsFor(topology: Topology): string[] {
  return renderMigrations({ databases, topology }).flatMap(({ statements }) => statements);
}

test.each(topologies)('the engine can read every statement for $kind', async (topology) => {
  const statements = statementsFor(topology);
  expect(statements.length).toBeGreaterThan(30);
  for (const statement of statements) {
    const literal = `'${statement.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
    const result = await store.client.query({
      query: `SELECT formatQuerySingleLine(${literal}) AS formatted`,
      format: 'JSONEachRow',
    });
    expect(await result.json(), statement).toEqual([{ formatted: expect.stringMatching(/^(CREATE|ALTER)/) }]);
  }
});

/** The same statement for one server that stands for all shards and replicas. */
function onOneServer(statement: string): string {
  return statement
    .replace(/ ON CLUSTER 'edge-1'/, '')
    .replace(/Replicated(\w*MergeTree)\('[^']*', '[^']*'(?:, )?/, '$1(')
    .replace(/USER '(?:[^'\\]|\\.)*' PASSWORD '(?:[^'\\]|\\.)*' /, '')
    .replace(
      /^CREATE (?:OR REPLACE )?TABLE (?:IF NOT EXISTS )?(\S+) AS (\S+)\s+ENGINE = Distributed\(.*\)$/s,
      'CREATE OR REPLACE VIEW $1 AS SELECT * FROM $2',
    );
}

test('a cluster’s statements, with one server for all shards, carry a request through every view', async () => {
  for (const statement of statementsFor({ kind: 'cluster', cluster: 'edge-1', dictionaryLogin })) {
    await store.client.command({ query: onOneServer(statement) });
  }
  await store.client.insert({
    table: 'spread_logs.http_logs_raw_local',
    values: [
      {
        time: '2026-04-10 00:11:35',
        src_ip: '::ffff:192.0.2.7',
        host: 'shop.example',
        path: '/',
        method: 'GET',
      },
    ],
    format: 'JSONEachRow',
  });
  const count = async (from: string): Promise<unknown> => {
    const result = await store.client.query({
      query: `SELECT toUInt32(${from}) AS n`,
      format: 'JSONEachRow',
    });
    return result.json();
  };
  for (const [table, counted] of [
    ['spread_logs.http_logs', 'count()'],
    ['spread_processing.agg_host_ip_ja4_1h', 'sum(hits)'],
    ['spread_processing.agg_header_fingerprint_1h', 'sum(requests)'],
    ['spread_processing.agg_requests_1s', 'sum(hits)'],
  ]) {
    expect(await count(`(SELECT ${counted} FROM ${table})`), table).toEqual([{ n: 1 }]);
    expect(await count(`(SELECT ${counted} FROM ${table}_local)`), `${table}_local`).toEqual([{ n: 1 }]);
  }
  expect(await count('(SELECT count() FROM spread_processing.view_ai_features_1h)')).toEqual([{ n: 0 }]);
});
