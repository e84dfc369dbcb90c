import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { startCapture, startReceiver } from './capture.ts';
import { labelsCsv } from './labels.ts';
import { play } from './play.ts';
import type { Running } from './run.ts';
import type { Scenario } from './scenarios/plan.ts';
import { openShop } from './shop.ts';
import { pause } from './time.ts';
import { trimCapture } from './trim.ts';

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
  const folder = await mkdtemp(join(tmpdir(), 'ja4tb-'));
  const packets = join(folder, 'capture.pcap');
  const events = join(folder, 'http.jsonl');
  const socketPath = join(folder, 'http.socket');
  const recorders: Running[] = [];
  const shop = await openShop({
    socketPath,
    speed: options.speed,
    beforeServer: async (network) => {
      // Apache's children, which are not root, have to reach the socket.
      await chmod(folder, 0o755);
      recorders.push(await startReceiver(network, socketPath, events));
      recorders.push(await startCapture(network, packets));
    },
  });
  try {
    const labels = await play(shop.network, shop.surroundings, options.scenario, options.report);
    await pause(1500);
    await shop.stopServer();
    for (const recorder of recorders) await recorder.stop();
    await writeFile(
      join(out, 'capture.pcap.gz'),
      gzipSync(trimCapture(await readFile(packets)), { level: 9 }),
    );
    await writeFile(join(out, 'http.jsonl.gz'), gzipSync(await readFile(events), { level: 9 }));
    await writeFile(join(out, 'labels.csv'), labelsCsv(labels));
  } finally {
    await shop.close();
    await rm(folder, { recursive: true, force: true });
  }
}
