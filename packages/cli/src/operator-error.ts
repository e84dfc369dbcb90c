/** What the person at the command line did or can mend: printed as one line, without a stack. */
export interface OperatorError extends Error {
  readonly code: string;
  /** 1: it failed, 2: the command was used wrongly. */
  readonly exitCode: 1 | 2;
}

/** An error that says what is wrong and what to do about it, in one line. */
export function operatorError(code: string, message: string, exitCode: 1 | 2 = 1): OperatorError {
  return Object.assign(new Error(message), { code, exitCode });
}

/** The line to print for any thrown value, and the exit status that goes with it. */
export function describeError(thrown: unknown): {
  line: string;
  exitCode: number;
  stack: string | undefined;
} {
  if (!(thrown instanceof Error)) return { line: String(thrown), exitCode: 1, stack: undefined };
  const exitCode = 'exitCode' in thrown && typeof thrown.exitCode === 'number' ? thrown.exitCode : 1;
  return { line: thrown.message.split('\n')[0] ?? '', exitCode, stack: thrown.stack };
}
