import { expect, it } from 'vitest';
import { captureCounters } from './capture-statistics.ts';
import { metricOf } from './metric-families.ts';

const others = [
  'flows',
  'capture_packets',
  'capture_kernel_drops',
  'capture_kernel_drops.eth0',
  'capture_not_local.br-1.7',
  'capture_interfaces_missing',
  'output_sent',
  'output_sent_characters',
  'output_dropped_queue',
  'output_queued',
  'output_waits_full',
  'output_connects',
  'output_connects_failed',
  'output_file_written',
  'output_file_written_bytes',
  'output_file_dropped',
  'output_file_dropped_stop',
  'output_file_queued',
  'output_file_waits',
  'output_file_errors',
  'output_file_reopened',
];

it.each([...captureCounters, ...others])('has a family for %s', (counter) => {
  expect(metricOf(counter)).toBeDefined();
});

it('tells every two counters apart', () => {
  const told = [...captureCounters, ...others]
    .map(metricOf)
    .filter((metric) => metric !== undefined && metric !== 'sum')
    .map(({ family, labels }) => family + JSON.stringify(labels));
  expect(told.length).toBe(new Set(told).size);
});

it('has names and labels that Prometheus takes, and one help text and one set of labels a family', () => {
  const seen = new Map<string, string>();
  for (const counter of [...captureCounters, ...others]) {
    const metric = metricOf(counter);
    if (metric === undefined || metric === 'sum') continue;
    expect(metric.family).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(metric.family).not.toMatch(/_(total|count|sum|bucket)$/);
    for (const label of Object.keys(metric.labels)) expect(label).toMatch(/^[a-z][a-z0-9_]*$/);
    // A sum over interfaces has no label where there is one interface only.
    const labels = Object.keys(metric.labels).filter((label) => label !== 'interface');
    const shape = JSON.stringify([metric.type, metric.help, labels.toSorted()]);
    expect(seen.get(metric.family) ?? shape).toBe(shape);
    seen.set(metric.family, shape);
  }
});

it('has hellos by transport, and not their sum once more', () => {
  expect(metricOf('hellos_quic')).toMatchObject({ family: 'hellos', labels: { transport: 'quic' } });
  expect(metricOf('hellos')).toBe('sum');
});

it('names the reason for which packets, hellos and datagrams lead nowhere', () => {
  expect(metricOf('not_ip')).toMatchObject({ family: 'packets_passed_over', labels: { reason: 'not_ip' } });
  expect(metricOf('hello_bad_cookie')).toMatchObject({
    family: 'hellos_failed',
    labels: { reason: 'bad_cookie' },
  });
  expect(metricOf('datagrams_other')).toMatchObject({
    family: 'datagrams_passed_over',
    labels: { reason: 'other' },
  });
  expect(metricOf('quic_version_q050')).toMatchObject({ labels: { version: 'q050' } });
  expect(metricOf('quic_version_negotiations')).toMatchObject({ labels: { kind: 'version_negotiations' } });
});

it('keeps the name of the interface', () => {
  expect(metricOf('capture_kernel_drops.br-1.7')).toMatchObject({
    family: 'capture_kernel_drops',
    labels: { interface: 'br-1.7' },
  });
});
