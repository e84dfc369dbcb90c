import { loadMetricOf } from '@ja4/sentinel';

/**
 * The counters of a reading: as one line of JSON, or for people with one line for what was read and found and
 * one for each thing that was passed over or given up, zeros left out.
 */
export async function statisticsText(
  counters: Readonly<Record<string, number>>,
  json: boolean,
): Promise<string> {
  if (json) return JSON.stringify(counters);
  const metricOf = await loadMetricOf();
  const { packets = 0, bytes = 0, hellos = 0 } = counters;
  const transports = ['tcp', 'quic', 'dtls']
    .map((transport) => `${transport} ${amount(counters[`hellos_${transport}`] ?? 0)}`)
    .join(', ');
  const lines = [
    `${amount(packets)} packets (${amount(bytes)} bytes), ${amount(hellos)} hellos: ${transports}`,
  ];
  for (const [counter, count] of Object.entries(counters)) {
    const metric = metricOf(counter);
    if (count === 0 || metric === 'sum' || headline.test(counter)) continue;
    const words = metric === undefined ? counter.replaceAll('_', ' ') : metric.help;
    const why = Object.values(metric?.labels ?? {}).join(' ');
    lines.push(`${amount(count).padStart(12)}  ${words}${why === '' ? '' : `: ${why.replaceAll('_', ' ')}`}`);
  }
  return lines.join('\n');
}

/** What the first line says. */
const headline = /^(?:packets|bytes|hellos_(?:tcp|quic|dtls))$/;

const amount = (count: number): string => count.toLocaleString('en-US');
