/** Whose a connection was, as labels.csv says. */
export interface Truth {
  readonly label: string;
  readonly client: string;
}

interface Line extends Truth {
  readonly port: number | undefined;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The web server's and the capture's clocks look at the same moment. */
const slackMs = 1000;

/** Ground truth by address, port and time. Lines that are none are left out and counted. */
export class TruthBook {
  readonly #lines = new Map<string, Line[]>();
  /** Everyone who is named, with the label. */
  readonly clients = new Map<string, string>();
  unreadable = 0;

  /** @param csv `src_ip,src_port,t_from,t_to,label,client`, with that heading; an empty port is every port */
  constructor(csv: string) {
    for (const line of csv.split('\n').slice(1)) {
      if (line.trim() === '') continue;
      const [address = '', port = '', from = '', to = '', label = '', client = ''] = line.trim().split(',');
      const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
      if (address === '' || client === '' || Number.isNaN(fromMs) || Number.isNaN(toMs)) {
        this.unreadable++;
        continue;
      }
      const lines = this.#lines.get(address) ?? [];
      lines.push({ port: port === '' ? undefined : Number(port), fromMs, toMs, label, client });
      this.#lines.set(address, lines);
      this.clients.set(client, label);
    }
  }

  /** The line of the port before the one of the whole address, and the one that fits the time best. */
  of(address: string, port: number, atMs: number): Truth | undefined {
    const away = ({ fromMs, toMs }: Line) => Math.max(fromMs - atMs, atMs - toMs, 0);
    let best: Line | undefined;
    for (const line of this.#lines.get(address) ?? []) {
      if ((line.port !== undefined && line.port !== port) || away(line) > slackMs) continue;
      const better =
        best === undefined ||
        (line.port !== undefined && best.port === undefined) ||
        ((line.port === undefined) === (best.port === undefined) && away(line) < away(best));
      if (better) best = line;
    }
    return best;
  }
}
