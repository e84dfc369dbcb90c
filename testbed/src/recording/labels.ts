/** The truth about one connection; times in ms since 1970. */
export interface LabelledConnection {
  readonly address: string;
  readonly port: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly label: 'person' | 'robot' | 'bot';
  readonly client: string;
}

/** Ground truth in the form that `ja4 evaluate --labels` reads. */
export function labelsCsv(labels: readonly LabelledConnection[]): string {
  const iso = (ms: number) => new Date(ms).toISOString();
  const lines = labels.map(({ address, port, fromMs, toMs, label, client }) =>
    [address, port, iso(Math.floor(fromMs)), iso(Math.ceil(toMs)), label, client].join(','),
  );
  return `src_ip,src_port,t_from,t_to,label,client\n${lines.map((line) => `${line}\n`).join('')}`;
}
