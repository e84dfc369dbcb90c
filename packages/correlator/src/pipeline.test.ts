import type { HttpLogRow } from '@ja4/store';
import pino from 'pino';
import { expect, it } from 'vitest';
import { defaultJoinOptions } from './join/join-options.ts';
import { Pipeline } from './pipeline.ts';

const unixMs = 1_795_000_000_000;

function pipeline() {
  const rows: HttpLogRow[] = [];
  const emit = (row: HttpLogRow) => rows.push(row);
  const log = pino({ level: 'silent' });
  return { rows, pipeline: new Pipeline({ join: defaultJoinOptions, emit, wallClock: () => unixMs, log }) };
}

const peer = { src_ip: '198.18.16.5', src_port: 40_000, dst_ip: '198.18.0.10', dst_port: 443 };
const request = (fields: object) =>
  JSON.stringify({ ...peer, method: 'GET', path: '/', server_id: 'web1', ...fields });
const handshake = (fields: object) => JSON.stringify({ ...peer, transport: 'tcp', ja4: 't13d', ...fields });

it('joins events whose clocks are absurd by the time of their arrival, and counts them', () => {
  const { rows, pipeline: line } = pipeline();
  line.network(handshake({ timestamp: 5 }), 0);
  line.http(request({ timestamp: 1e21, duration_ms: 0 }), 10);
  expect(rows).toMatchObject([{ correlated: 1, time: unixMs * 1e3, b_timestamp: unixMs * 1e6 }]);
  expect(line.counters()).toMatchObject({
    http_time_replaced: 1,
    network_time_replaced: 1,
    http_rejected: 0,
  });
});

it('counts what it does not take by reason, and what a sender says of itself apart', () => {
  const { rows, pipeline: line } = pipeline();
  for (const text of ['', '{', '{}', 'Proxy shop stopped.', request({ timestamp: 'now' })])
    line.http(text, 0);
  for (const text of ['[]', handshake({ timestamp: unixMs * 1e6, src_port: 0 })]) line.network(text, 0);
  line.flush();
  expect(rows).toEqual([]);
  expect(line.counters()).toMatchObject({
    ...{ http_events: 0, http_rejected: 4, http_rejected_not_json: 2, http_rejected_missing_timestamp: 1 },
    ...{ http_rejected_wrong_type_timestamp: 1, http_no_request: 1 },
    ...{ network_rejected: 2, network_rejected_not_an_object: 1, network_rejected_bad_port: 1 },
  });
});
