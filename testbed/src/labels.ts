import type { LabelledTime } from './clients/run-client.ts';

/** Ground truth in the form that `ja4 evaluate --labels` reads; an empty port stands for every connection. */
export function labelsCsv(labels: readonly LabelledTime[]): string {
  const lines = labels.map(({ address, from, to, label, client }) =>
    [address, '', from.toISOString(), to.toISOString(), label, client].join(','),
  );
  return `src_ip,src_port,t_from,t_to,label,client\n${lines.map((line) => `${line}\n`).join('')}`;
}
