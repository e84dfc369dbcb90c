import { hasTerminal } from './terminal.ts';

/** Signals that ask for a clean stop. */
const signals = ['SIGINT', 'SIGTERM'] as const;
const parentCheckMs = 500;
/** A shell passes the signal on before it ends, and with it the terminal. */
const hangUpCheckMs = 1_000;

/**
 * Resolves, with the reason, on the first request to stop: a signal, the end of the terminal, of the supervisor
 * or of npm. Signals that follow are taken and ignored, so that they cannot cut the stop short.
 *
 * SIGHUP has two meanings. When the terminal closes it asks for a stop; from anybody else (`systemctl reload`,
 * logrotate, kill) it asks a service to open its files again: `onReload`.
 */
export function stopRequested(onReload: () => void): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of signals) process.on(signal, () => resolve(signal));
    // Elsewhere it asks to rotate logs. Node would open its debugger on it, to every user of the machine.
    process.on('SIGUSR1', () => {});
    const attended = hasTerminal();
    const hangUp = (otherwise: () => void) => {
      if (attended && !hasTerminal()) resolve('the terminal was closed');
      else otherwise();
    };
    process.on('SIGHUP', () => {
      hangUp(() => {
        onReload();
        if (attended) setTimeout(() => hangUp(() => {}), hangUpCheckMs).unref();
      });
    });
    // The channel to the supervisor closes when it dies, however it dies.
    process.once('disconnect', () => resolve('the supervisor is gone'));
    // npm passes a signal to the shell it starts, which dies of it and tells nobody.
    if (process.env.npm_command !== undefined) watchParent(() => resolve('npm is gone'));
  });
}

/**
 * Until `stopRequested` listens, a reload needs nothing: what starts opens its files anyway. At a terminal the
 * signal ends the process, as always.
 */
export function ignoreEarlyReload(): void {
  if (!hasTerminal()) process.on('SIGHUP', () => {});
}

function watchParent(onGone: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, parentCheckMs);
  timer.unref();
}
