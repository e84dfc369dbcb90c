import type { Logger } from 'pino';
import { openFileTarget } from './file-target.ts';
import { createLineOutput } from './line-output.ts';
import { createNetworkOutput, type NetworkOutput } from './network-output.ts';
import { standardOutputTarget } from './standard-output-target.ts';

/** Where network events go: a UNIX datagram socket, a file of JSON lines, or standard output. */
export type EventOutput =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdout' };

export interface EventOutputOptions {
  readonly outputs: readonly EventOutput[];
  readonly log: Logger;
  /** Every reader is gone for good: the words for the log. */
  readonly onEnd?: (why: string) => void;
}

/**
 * Sends every event to all outputs; none waits for another. Counters of a file are named `file_…`, those of
 * standard output `stdout_…`, those of a socket have no prefix.
 * Throws ENAMETOOLONG for a socket path that the system cannot hold, and what `openFileTarget` throws.
 */
export async function createEventOutput(options: EventOutputOptions): Promise<NetworkOutput> {
  const { outputs, log } = options;
  const made: { readonly prefix: string; readonly output: NetworkOutput }[] = [];
  const onReaderGone = (why: string) => {
    log.warn({ output: 'standard output' }, why);
    if (outputs.every(({ kind }) => kind === 'stdout')) options.onEnd?.(why);
  };
  try {
    for (const output of outputs) {
      if (output.kind === 'socket') {
        made.push({ prefix: '', output: createNetworkOutput({ socketPath: output.path, log }) });
      } else if (output.kind === 'file') {
        const target = await openFileTarget(output.path);
        made.push({ prefix: 'file_', output: createLineOutput({ target, log }) });
      } else {
        const target = standardOutputTarget();
        made.push({ prefix: 'stdout_', output: createLineOutput({ target, log, onReaderGone }) });
      }
    }
  } catch (error) {
    for (const { output } of made) await output.stop();
    throw error;
  }
  const only = made.length === 1 ? made[0]?.output.send : undefined;
  return {
    send:
      only ??
      ((json) => {
        for (const { output } of made) output.send(json);
      }),
    reopen: async () => {
      await Promise.all(made.map(({ output }) => output.reopen()));
    },
    urgent: () => made.some(({ output }) => output.urgent()),
    counters: () => {
      const all: Record<string, number> = {};
      for (const { prefix, output } of made) {
        for (const [name, value] of Object.entries(output.counters())) {
          all[prefix + name] = (all[prefix + name] ?? 0) + value;
        }
      }
      return all;
    },
    ready: () => made.map(({ output }) => output.ready()).find(({ ok }) => !ok) ?? { ok: true },
    stop: async () => {
      await Promise.all(made.map(({ output }) => output.stop()));
    },
  };
}
