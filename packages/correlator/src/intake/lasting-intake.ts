import type { Intake, IntakeOptions } from './datagram-intake.ts';

const defaultCheckMs = 2_000;

/**
 * An intake that opens its socket again when the file was removed under it (a cleaned `/run`, a mistyped `rm`):
 * senders could not reach the old one any more, and a site would look quiet. While another process receives at
 * the path it is left to it, and tried again. Counters go on over all openings, with `reopened` beside them.
 *
 * @throws what `open` throws, for the first opening only
 */
export async function openLastingIntake(
  open: (options: IntakeOptions) => Promise<Intake>,
  options: IntakeOptions,
  checkEveryMs = defaultCheckMs,
): Promise<Intake> {
  const { path, log } = options;
  let current: Intake | undefined = await open(options);
  let past: Record<string, number> = {};
  let why = '';
  let reopened = 0;
  let work: Promise<void> | undefined;

  const reopen = async () => {
    const state = current?.ready();
    if (state?.ok === true) return;
    if (current !== undefined) {
      why = state?.why ?? '';
      log.warn({ path, why }, 'a socket cannot be reached any more; it is opened again');
      await current.stop();
      past = sum(past, current.counters());
      current = undefined;
    }
    try {
      current = await open(options);
      reopened += 1;
      log.warn({ path }, `${path} is open again`);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (text !== why) log.warn({ path, why: text }, `${path} cannot be opened again yet`);
      why = text;
    }
  };
  const timer = setInterval(() => {
    work ??= reopen().finally(() => {
      work = undefined;
    });
  }, checkEveryMs);

  return {
    counters: () => ({ ...sum(past, current?.counters() ?? {}), reopened }),
    ready: () => current?.ready() ?? { ok: false, why },
    stop: async () => {
      clearInterval(timer);
      await work;
      await current?.stop();
    },
  };
}

function sum(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const total = { ...a };
  for (const [name, count] of Object.entries(b)) total[name] = (total[name] ?? 0) + count;
  return total;
}
