import { expect, it } from 'vitest';
import { processMetricsText, prometheusText, readyText } from './prometheus-text.ts';
import type { Metric } from './service.ts';

it('makes valid metric names of any counter and leaves out what is not a number', () => {
  const counters = () => ({ rows: 3, 'odd name': 1, http_pending: 2, nothing: Number.NaN });
  expect(prometheusText('x', { counters })).toBe(
    '# HELP ja4_x_rows_total rows, since the start\n# TYPE ja4_x_rows_total counter\nja4_x_rows_total 3\n' +
      '# HELP ja4_x_odd_name_total odd name, since the start\n# TYPE ja4_x_odd_name_total counter\n' +
      'ja4_x_odd_name_total 1\n' +
      '# HELP ja4_x_http_pending http pending, now\n# TYPE ja4_x_http_pending gauge\nja4_x_http_pending 2\n',
  );
});

it('tells what is there now from what was counted, by the name', () => {
  const now = [
    'spool_rows_waiting',
    'spool_bytes',
    'spool_oldest_seconds',
    'store_down',
    'senders',
    'read_running',
  ];
  const counted = [
    'spool_bytes_cut',
    'senders_forgotten',
    'rows_correlated',
    'sessions_scored',
    'spool_commits',
  ];
  const all = [...now, ...counted];
  const text = prometheusText('x', { counters: () => Object.fromEntries(all.map((name) => [name, 1])) });
  for (const name of now) expect(text).toContain(`\n# TYPE ja4_x_${name} gauge\n`);
  for (const name of counted) expect(text).toContain(`\n# TYPE ja4_x_${name}_total counter\n`);
});

const metrics: Readonly<Record<string, Metric | 'sum'>> = {
  hellos: 'sum',
  hellos_tcp: { family: 'hellos', type: 'counter', help: 'Hellos', labels: { transport: 'tcp' } },
  hellos_quic: { family: 'hellos', type: 'counter', help: 'Hellos', labels: { transport: 'quic' } },
  'drops.a"b\\': { family: 'drops', type: 'counter', help: 'Drops', labels: { interface: 'a"b\\' } },
  drops: { family: 'drops', type: 'counter', help: 'Drops', labels: {} },
};

it('tells a family once, with a line for each of its labels, and no sum beside its parts', () => {
  const text = prometheusText('s', {
    counters: () => ({ hellos: 3, hellos_tcp: 1, drops: 7, 'drops.a"b\\': 7, hellos_quic: 2 }),
    metricOf: (counter) => metrics[counter],
  });
  expect(text).toBe(
    '# HELP ja4_s_hellos_total Hellos\n# TYPE ja4_s_hellos_total counter\n' +
      'ja4_s_hellos_total{transport="tcp"} 1\nja4_s_hellos_total{transport="quic"} 2\n' +
      '# HELP ja4_s_drops_total Drops\n# TYPE ja4_s_drops_total counter\n' +
      'ja4_s_drops_total{interface="a\\"b\\\\"} 7\n',
  );
});

it('tells of the process what Prometheus expects', () => {
  expect(processMetricsText()).toMatch(/\nprocess_cpu_seconds_total \d+(\.\d+)?\n/);
  expect(processMetricsText()).toMatch(/\nprocess_start_time_seconds 1[789]\d{8}/);
  expect(readyText('x', { ready: () => ({ ok: false }) })).toContain('\nja4_x_ready 0\n');
});
