import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startCapture, startReceiver } from '../capture.ts';
import type { ClientName } from '../clients/clients.ts';
import { type Played, play } from '../play.ts';
import type { Running } from '../run.ts';
import type { Scenario } from '../scenarios/plan.ts';
import type { LeftOut } from '../scenarios/scenarios.ts';
import type { ServerName } from '../servers/servers.ts';
import { openShop } from '../shop.ts';
import { claimSlot } from '../slot.ts';
import { pause } from '../time.ts';
import { assemble } from './assemble.ts';
import { describe, problemsOf, type Summary, tally } from './summary.ts';
import { versionsOf } from './versions.ts';

export interface RecordOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly out: string;
  readonly speed: number;
  readonly server: ServerName;
  /** Kinds that the scenario had to do without. */
  readonly leftOut: readonly LeftOut[];
  readonly report: (line: string) => void;
}

/**
 * Plays a scenario against a real server and writes capture.pcap.gz, http.jsonl.gz, labels.csv, networks.csv and
 * recording.json. Says at the end what each kind did. Throws an Error when the recording is not sound; its files
 * are there then, too.
 */
export async function record(options: RecordOptions): Promise<Summary> {
  const { scenario, seed, speed, server, report } = options;
  const out = resolve(options.out);
  const folder = `${(await claimSlot()).folder}-recording`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // The server's children, which are not root, have to reach the socket.
  await chmod(folder, 0o755);
  const packets = join(folder, 'capture.pcap');
  const events = join(folder, 'http.jsonl');
  const socketPath = join(folder, 'http.socket');
  const recorders: Running[] = [];
  const madeMs = Date.now();
  for (const { client, why } of options.leftOut) report(`left out: ${client}: ${why}`);
  const shop = await openShop({
    ...{ socketPath, speed, server, seed },
    beforeServer: async (network) => {
      recorders.push(await startReceiver(network, socketPath, events));
      recorders.push(await startCapture(network, packets));
    },
  });
  try {
    const played = await play(shop.network, shop.surroundings, scenario, report);
    const { notWritten } = await shop.network.wire.counts();
    if (notWritten > 0) report(`${notWritten} frames could not be delivered`);
    await pause(1500);
    await shop.stopServer();
    for (const recorder of recorders) await recorder.stop();
    const facts = await assemble(
      { ...{ packets, events, madeMs }, appeared: played.appeared, hours: scenario.hours },
      out,
    );
    const summary: Summary = {
      ...{ scenario: scenario.name, seed, speed, server, hours: scenario.hours },
      versions: versionsOf(new Set(scenario.plan.map(({ client }) => client)), server),
      ...facts,
      leftOut: options.leftOut,
      notReached: Object.fromEntries(tally(played.notReached.map(({ client }) => client))),
      failures: failuresOf(played),
    };
    await writeFile(join(out, 'recording.json'), `${JSON.stringify(summary, null, 2)}\n`);
    for (const line of describe(summary)) report(line);
    const problems = problemsOf(summary);
    if (problems.length > 0) throw new Error(`The recording is not sound: ${problems.join('; ')}.`);
    return summary;
  } finally {
    for (const recorder of recorders) await recorder.stop();
    await shop.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function failuresOf({ appeared }: Played): { client: ClientName; why: string; times: number }[] {
  const failed = appeared.filter(({ failure }) => failure !== undefined);
  return [...Map.groupBy(failed, ({ client }) => client)].flatMap(([client, all]) =>
    tally(all.map(({ failure = '' }) => essence(failure))).map(([why, times]) => ({ client, why, times })),
  );
}

/** The line of a program's last words that says what is wrong. */
function essence(failure: string): string {
  const lines = failure.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /error|exception|refused|timed out/i.test(line)) ?? lines.at(-1) ?? '').slice(
    0,
    200,
  );
}
