import ora from 'ora';

/** Says on standard error how far a long work has come. */
export interface Progress {
  /** `fraction` from 0 to 1, or undefined when the end is not known. */
  update(text: string, fraction?: number): void;
  done(text: string): void;
}

interface Stoppable extends Progress {
  stop(): void;
}

const silent: Stoppable = { update: () => {}, done: () => {}, stop: () => {} };

/**
 * Whether a spinner can be drawn: with no columns (`docker run -t`, some terminals of build servers) it would
 * count its lines as infinitely many and never end.
 */
export function canSpin(stream: { readonly isTTY?: boolean; readonly columns?: number }): boolean {
  return stream.isTTY === true && (stream.columns ?? 0) > 0;
}

/**
 * Does some work and shows how far it has come: a spinner on a terminal; elsewhere a line at the start, at every
 * further quarter and at the end. Where the work fails the spinner goes.
 */
export async function withProgress<T>(
  title: string,
  quiet: boolean,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const progress = quiet ? silent : canSpin(process.stderr) ? spinner(title) : lines(title);
  try {
    return await work(progress);
  } finally {
    progress.stop();
  }
}

function spinner(title: string): Stoppable {
  // Raw mode would take Ctrl-C away from the process that is to stop cleanly.
  const spinning = ora({ text: title, stream: process.stderr, discardStdin: false }).start();
  return {
    update: (text, fraction) => {
      spinning.text = `${title}: ${text}${fraction === undefined ? '' : ` (${Math.floor(fraction * 100)} %)`}`;
    },
    done: (text) => {
      spinning.succeed(`${title}: ${text}`);
    },
    stop: () => {
      spinning.stop();
    },
  };
}

function lines(title: string): Stoppable {
  let quarter = 0;
  process.stderr.write(`${title} …\n`);
  return {
    update: (text, fraction) => {
      const reached = Math.floor((fraction ?? 0) * 4);
      if (reached <= quarter || reached >= 4) return;
      quarter = reached;
      process.stderr.write(`${title}: ${text} (${reached * 25} %)\n`);
    },
    done: (text) => {
      process.stderr.write(`${title}: ${text}\n`);
    },
    stop: () => {},
  };
}
