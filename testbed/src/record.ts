import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { startApache } from './apache.ts';
import { startCapture, startReceiver } from './capture.ts';
import { makeCertificates } from './certificates.ts';
import type { Surroundings } from './clients/kind.ts';
import type { LabelledTime } from './clients/run-client.ts';
import { buildNetwork, tearDown } from './network.ts';
import { play } from './play.ts';
import { run } from './run.ts';
import type { Scenario } from './scenarios/plan.ts';
import { makeSite } from './site/make-site.ts';
import { pause } from './time.ts';
import { trimCapture } from './trim.ts';

/** Scratch folder of a run. Short, because socket paths are limited to 107 bytes, and readable for www-data. */
export const runFolder = '/tmp/ja4tb';

/** Certificates, site and browser facts that clients and server share; `folder` is emptied first. */
export async function prepare(options: { speed: number; folder?: string }) {
  const folder = options.folder ?? runFolder;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const certificates = await makeCertificates(join(folder, 'tls'));
  const site = await makeSite(join(folder, 'site'));
  const surroundings: Surroundings = {
    folder,
    authority: certificates.authority,
    speed: options.speed,
    chromiumVersion: await run('chromium', ['--version']).catch(() => '0.'),
  };
  return { folder, certificates, site, surroundings };
}

/** Ground truth in the form that `ja4 evaluate --labels` reads. */
export function labelsCsv(labels: readonly LabelledTime[]): string {
  const lines = labels.map(({ address, from, to, label, client }) =>
    [address, '', from.toISOString(), to.toISOString(), label, client].join(','),
  );
  return `src_ip,src_port,t_from,t_to,label,client\n${lines.join('\n')}\n`;
}

export interface RecordOptions {
  readonly scenario: Scenario;
  readonly out: string;
  readonly speed: number;
  readonly report: (line: string) => void;
}

/** Plays a scenario against a real server and writes capture.pcap.gz, http.jsonl.gz and labels.csv. */
export async function record(options: RecordOptions): Promise<void> {
  const out = resolve(options.out);
  await mkdir(out, { recursive: true });
  const { folder, certificates, site, surroundings } = await prepare({ speed: options.speed });
  const network = await buildNetwork();
  const packets = join(folder, 'capture.pcap');
  const events = join(folder, 'http.jsonl');
  try {
    const socketPath = join(folder, 'http.socket');
    const receiver = await startReceiver(network, socketPath, events);
    const capture = await startCapture(network, packets);
    const apache = await startApache({
      network,
      certificates,
      site,
      folder: join(folder, 'apache'),
      socketPath,
    });
    const labels = await play(network, surroundings, options.scenario, options.report);
    await pause(1500);
    await apache.stop();
    await capture.stop();
    await receiver.stop();
    await writeFile(
      join(out, 'capture.pcap.gz'),
      gzipSync(trimCapture(await readFile(packets)), { level: 9 }),
    );
    await writeFile(join(out, 'http.jsonl.gz'), gzipSync(await readFile(events), { level: 9 }));
    await writeFile(join(out, 'labels.csv'), labelsCsv(labels));
  } finally {
    await tearDown();
  }
}
