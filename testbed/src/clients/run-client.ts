import { mkdir, rm } from 'node:fs/promises';
import type { NetworkName } from '../address-plan.ts';
import { addClient, type Network, removeClient } from '../network.ts';
import { start } from '../run.ts';
import { type ClientName, clients } from './clients.ts';
import { type Appearance, type ClientKind, isProgram, type Surroundings } from './kind.ts';
import { scratchOf } from './scratch.ts';

/** One line of labels.csv: every connection of the address between the times. */
export interface LabelledTime {
  readonly address: string;
  readonly from: Date;
  readonly to: Date;
  readonly label: 'person' | 'robot' | 'bot';
  readonly client: ClientName;
  /** Of the client's program; null when it had to be stopped. */
  readonly exitCode: number | null;
  readonly stderr: string;
}

export interface ClientRun extends Omit<Appearance, 'host'> {
  readonly client: ClientName;
  readonly network: NetworkName;
  readonly address: string;
  /** Stop it after this long, ms. */
  readonly patienceMs?: number;
}

/** Without the operator's proxies, CA bundles and rc files: a recording must not depend on who makes it. */
function plainEnvironment(home: string): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: home, TMPDIR: home, LANG: 'C.UTF-8' };
}

/**
 * Puts a client into a namespace of its own with the given address, lets it do its work to the end, and takes
 * the namespace away. Two clients must not have one address at the same time.
 */
export async function runClient(
  network: Network,
  around: Surroundings,
  order: ClientRun,
): Promise<LabelledTime> {
  const kind: ClientKind = clients[order.client];
  if (!isProgram(kind))
    throw new Error(`${order.client} visits through a seat, not as a program of its own.`);
  const host = await addClient(network, { address: order.address });
  const scratch = scratchOf(host, around);
  try {
    await mkdir(scratch, { recursive: true });
    const [program = '', ...args] = [...host.inside, ...(await kind.command({ ...order, host }, around))];
    const from = new Date();
    const running = start(program, args, {
      stderr: 'pipe',
      cwd: scratch,
      env: plainEnvironment(scratch),
    });
    let stderr = '';
    running.process.stderr?.on('data', (data: Buffer) => {
      if (stderr.length < 4000) stderr += data.toString();
    });
    const timer = setTimeout(() => void running.stop(), order.patienceMs ?? 300_000);
    const exitCode = await running.ended;
    clearTimeout(timer);
    return {
      ...{ address: order.address, from, to: new Date(), label: kind.label, client: order.client },
      ...{ exitCode, stderr: stderr.trim() },
    };
  } finally {
    await removeClient(host);
    await rm(scratch, { recursive: true, force: true });
  }
}
