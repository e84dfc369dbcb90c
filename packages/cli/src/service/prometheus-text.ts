import type { Metric, Service } from './service.ts';

/** What counters of services without descriptions are named that go down as well as up … */
const gaugeName =
  /^last_|^sessions_(?!scored)|(?:^|_)(?:pending|held|waiting|running|queued|in_flight|full|down|rss|oldest_seconds|segments|refuses)(?:_|$)|_open$/;
/** … and those whose whole name says it. */
const gaugeNames: ReadonlySet<string> = new Set(['senders', 'spool_bytes', 'data_dir_free_bytes']);

/** A counter by its name alone. */
function metricByName(counter: string): Metric {
  const family = counter.replace(/[^a-zA-Z0-9_]/g, '_');
  const isGauge = gaugeNames.has(counter) || gaugeName.test(counter);
  const type = isGauge ? 'gauge' : 'counter';
  const help = counter.replaceAll('_', ' ') + (type === 'counter' ? ', since the start' : ', now');
  return { family, type, help, labels: {} };
}

const escapedLabel = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

const sample = (name: string, labels: Readonly<Record<string, string>>, value: number): string => {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapedLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
};

/**
 * A service's counters in the Prometheus text exposition format, version 0.0.4: one HELP and TYPE a family,
 * counters end in `_total`. A sum is left out where its parts are told; what is not a number is left out.
 */
export function prometheusText(name: string, service: Pick<Service, 'counters' | 'metricOf'>): string {
  const counters = Object.entries(service.counters()).filter(([, value]) => Number.isFinite(value));
  const divided = new Set(counters.flatMap(([counter]) => counter.match(/^(.+?)\./)?.[1] ?? []));
  const families = new Map<string, { metric: Metric; samples: string }>();
  for (const [counter, value] of counters) {
    if (divided.has(counter)) continue;
    const metric = service.metricOf?.(counter) ?? metricByName(counter);
    if (metric === 'sum') continue;
    const full = `ja4_${name}_${metric.family}${metric.type === 'counter' ? '_total' : ''}`;
    const family = families.get(full) ?? { metric, samples: '' };
    family.samples += sample(full, metric.labels, value);
    families.set(full, family);
  }
  return [...families]
    .map(
      ([full, { metric, samples }]) =>
        `# HELP ${full} ${metric.help}\n# TYPE ${full} ${metric.type}\n${samples}`,
    )
    .join('');
}

/** What Prometheus' own libraries tell of every process, under their names. */
export function processMetricsText(): string {
  const { user, system } = process.cpuUsage();
  return prometheusLines([
    ['process_cpu_seconds_total', 'counter', 'User and system CPU time', (user + system) / 1e6],
    ['process_resident_memory_bytes', 'gauge', 'Resident memory', process.memoryUsage.rss()],
    [
      'process_start_time_seconds',
      'gauge',
      'Start of the process since 1970, UTC',
      Math.round(Date.now() - process.uptime() * 1000) / 1000,
    ],
  ]);
}

function prometheusLines(metrics: readonly (readonly [string, string, string, number])[]): string {
  return metrics
    .map(([name, type, help, value]) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`)
    .join('');
}

/** Whether the service can do its work, as a metric to raise an alarm on. */
export function readyText(name: string, service: Pick<Service, 'ready'>): string {
  const ready = service.ready().ok ? 1 : 0;
  return prometheusLines([[`ja4_${name}_ready`, 'gauge', 'Whether the service can do its work now', ready]]);
}
