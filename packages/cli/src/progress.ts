import ora from 'ora';

/** Says on standard error how far a long work has come. */
export interface Progress {
  /** `fraction` from 0 to 1, or undefined when the end is not known. */
  update(text: string, fraction?: number): void;
  done(text: string): void;
}

const silent: Progress = { update: () => {}, done: () => {} };

/** A spinner on a terminal; elsewhere a line at the start, at every further quarter and at the end. */
export function startProgress(title: string, quiet = false): Progress {
  if (quiet) return silent;
  if (process.stderr.isTTY) {
    // Raw mode would take Ctrl-C away from the process that is to stop cleanly.
    const spinner = ora({ text: title, stream: process.stderr, discardStdin: false }).start();
    return {
      update: (text, fraction) => {
        spinner.text = `${title}: ${text}${fraction === undefined ? '' : ` (${Math.floor(fraction * 100)} %)`}`;
      },
      done: (text) => {
        spinner.succeed(`${title}: ${text}`);
      },
    };
  }
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
  };
}
