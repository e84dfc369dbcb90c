import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connectStore, loadReferenceData, migrate, readStorePassword, type Store } from '@ja4/store';
import type { SenderOrder, SenderReport } from './sender.ts';
import {
  countersOf,
  cpuSeconds,
  residentMegabytes,
  type ServiceProcess,
  startService,
  stopService,
  threadCpu,
} from './service-process.ts';

/** What a service took during a run. */
interface ServiceCost {
  readonly name: string;
  readonly cpuSeconds: number;
  readonly cpuMicrosecondsPerRequest: number;
  /** Resident megabytes after a fifth of the run, at its end, and at most. */
  readonly megabytes: { readonly early: number; readonly end: number; readonly peak: number };
  /** Seconds of CPU by thread name, the largest. */
  readonly threads: readonly (readonly [string, number])[];
}

export interface PipelineRun {
  readonly sent: SenderReport;
  /** Seconds until the last request was in the store, from the first that was sent. */
  readonly seconds: number;
  readonly requestsPerSecond: number;
  readonly stored: number;
  readonly aggregated: number;
  readonly correlated: number;
  readonly rowsPerBatch: number;
  readonly mostRowsWaiting: number;
  readonly services: readonly ServiceCost[];
  /** Counters of the correlator that are not 0 and tell of something that was not stored as it should. */
  readonly mishaps: Readonly<Record<string, number>>;
}

/** Store and correlator as processes of their own, on a new data folder. */
export class Platform {
  readonly store: Store;
  readonly socketsDir: string;
  readonly #services: readonly ServiceProcess[];

  private constructor(store: Store, socketsDir: string, services: readonly ServiceProcess[]) {
    this.store = store;
    this.socketsDir = socketsDir;
    this.#services = services;
  }

  /**
   * @param folder an empty one; everything is written below it
   * @param profiles where V8's profiles of the services go, if they are wanted
   */
  static async start(folder: string, profiles?: string): Promise<Platform> {
    const [storePort, healthPort] = [await freePort(), await freePort()];
    const dataDir = join(folder, 'data');
    mkdirSync(dataDir, { recursive: true });
    const config = join(folder, 'ja4.yml');
    const health = (offset: number) => `http://127.0.0.1:${healthPort + offset}`;
    writeFileSync(
      config,
      `data_dir: ${dataDir}\nstore: { port: ${storePort} }\nservices: { health_port: ${healthPort} }\n`,
    );
    const services = [await startService('store', { config, healthUrl: health(0), profiles })];
    const store = connectStore({
      url: `http://127.0.0.1:${storePort}`,
      password: readStorePassword(join(dataDir, 'store')),
    });
    await migrate(store);
    await loadReferenceData(store);
    await loadReferenceData(store, { directory: networksOf(folder), origin: 'bench' });
    services.push(await startService('correlator', { config, healthUrl: health(1), profiles }));
    return new Platform(store, join(dataDir, 'run'), services);
  }

  /** Sends traffic and waits until all of it is in the store, or nothing has come for 30 s. */
  async run(order: Omit<SenderOrder, 'socketsDir'>): Promise<PipelineRun> {
    const before = await this.#counts();
    const cpuBefore = this.#services.map(({ process }) => cpuSeconds(process.pid ?? 0));
    const threadsBefore = this.#services.map(({ process }) => threadCpu(process.pid ?? 0));
    const batchesBefore = (await this.#correlatorCounters()).get('batches_stored') ?? 0;
    const began = performance.now();
    const sending = send({ ...order, socketsDir: this.socketsDir });
    const memory = this.#services.map(() => ({ early: 0, end: 0, peak: 0 }));
    let mostRowsWaiting = 0;
    let sent: SenderReport | undefined;
    void sending.then(
      (report) => {
        sent = report;
      },
      () => {},
    );
    let [stored, lastChange] = [0, performance.now()];
    while (sent === undefined || (stored < sent.requests && performance.now() - lastChange < 30_000)) {
      await sleep(sent === undefined ? 1000 : 200);
      for (const [i, { process }] of this.#services.entries()) {
        const now = residentMegabytes(process.pid ?? 0);
        const seen = memory[i]!;
        seen.end = now;
        seen.peak = Math.max(seen.peak, now);
        if (performance.now() - began < order.seconds * 200) seen.early = now;
      }
      const counters = await this.#correlatorCounters();
      mostRowsWaiting = Math.max(mostRowsWaiting, counters.get('spool_rows_waiting') ?? 0);
      if (sent === undefined) continue;
      const counts = await this.#counts();
      // A row is in http_logs a moment before it is in the aggregations.
      const now = Math.min(counts.stored - before.stored, counts.aggregated - before.aggregated);
      if (now !== stored) lastChange = performance.now();
      stored = now;
    }
    const seconds = (performance.now() - began) / 1000;
    const report = await sending;
    const after = await this.#counts();
    const counters = await this.#correlatorCounters();
    const requests = report.requests;
    return {
      sent: report,
      seconds,
      requestsPerSecond: requests / seconds,
      stored: after.stored - before.stored,
      aggregated: after.aggregated - before.aggregated,
      correlated: after.correlated - before.correlated,
      rowsPerBatch: requests / Math.max(1, (counters.get('batches_stored') ?? 0) - batchesBefore),
      mostRowsWaiting,
      services: this.#services.map(({ name, process }, i) => {
        const pid = process.pid ?? 0;
        const cpu = cpuSeconds(pid) - (cpuBefore[i] ?? 0);
        const threads = [...threadCpu(pid)]
          .map(([thread, now]) => [thread, now - (threadsBefore[i]?.get(thread) ?? 0)] as const)
          .sort((a, b) => b[1] - a[1])
          .slice(0, 6);
        const cpuMicrosecondsPerRequest = (cpu / requests) * 1e6;
        return { name, cpuSeconds: cpu, cpuMicrosecondsPerRequest, megabytes: memory[i]!, threads };
      }),
      mishaps: Object.fromEntries([...counters].filter(([name, value]) => value > 0 && isMishap(name))),
    };
  }

  /** Seconds of CPU that the store took since it was started. */
  storeCpuSeconds(): number {
    return cpuSeconds(this.#services[0]?.process.pid ?? 0);
  }

  async stop(): Promise<void> {
    await this.store.close();
    for (const service of this.#services.toReversed()) await stopService(service);
  }

  #correlatorCounters(): Promise<Map<string, number>> {
    return countersOf(this.#services[1]!);
  }

  async #counts(): Promise<{ stored: number; aggregated: number; correlated: number }> {
    const result = await this.store.client.query({
      query: `SELECT toFloat64(count()) AS stored, toFloat64(countIf(correlated = 1)) AS correlated,
        (SELECT toFloat64(sum(hits)) FROM ja4_processing.agg_host_ip_ja4_1h) AS aggregated FROM ja4_logs.http_logs`,
      format: 'JSONEachRow',
    });
    const [row] = await result.json<{ stored: number; aggregated: number; correlated: number }>();
    if (row === undefined) throw new Error('the store did not count');
    return row;
  }
}

const isMishap = (name: string) =>
  /rejected|lost|dropped|failures|damaged|evicted|truncated|invalid/.test(name) &&
  !name.startsWith('process_');

async function send(order: SenderOrder): Promise<SenderReport> {
  const program = fileURLToPath(new URL('sender.ts', import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error('the sender failed; its error is above');
  return JSON.parse(output) as SenderReport;
}

/** So many networks that a lookup costs what it costs with a list of the Internet's, in the senders' range. */
function networksOf(folder: string): string {
  const directory = join(folder, 'refdata');
  mkdirSync(directory);
  const lines = ['prefix\tasn\tcountry_code\tname\torg\tdomain'];
  for (let i = 0; i < 65_536; i++) {
    const asn = 100_000 + (i % 20_000);
    const prefix = `${100 + (i >> 13)}.${(i >> 5) & 255}.${(i & 31) * 8}.0/21`;
    lines.push(`${prefix}\t${asn}\tDE\tNET-${asn}\tOrganisation ${asn}\torg${asn}.example`);
  }
  writeFileSync(join(directory, 'networks.tsv'), `${lines.join('\n')}\n`);
  return directory;
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
