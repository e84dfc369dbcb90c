/** Signals that ask for a clean stop. SIGHUP comes when a terminal closes. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const parentCheckMs = 500;

/**
 * Resolves, with the reason, on the first request to stop: a signal, the supervisor's end, or npm's.
 * Signals that follow are taken and ignored, so that they cannot cut the stop short.
 */
export function stopRequested(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of signals) process.on(signal, () => resolve(signal));
    // The channel to the supervisor closes when it dies, however it dies.
    process.once('disconnect', () => resolve('the supervisor is gone'));
    // npm passes a signal to the shell it starts, which dies of it and tells nobody.
    if (process.env.npm_command !== undefined) watchParent(() => resolve('npm is gone'));
  });
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
