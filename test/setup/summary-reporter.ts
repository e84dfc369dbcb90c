import type { Reporter, TestModule } from 'vitest/node';

/** Prints the one plain closing line that scripts read: `N passed, N failed[, N skipped]`. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === 'passed') count.passed += 1;
        else if (state === 'skipped') count.skipped += 1;
        else failedHere += 1;
      }
      // A file that does not load, or whose set-up fails, has no failed test but must not pass for a success.
      count.failed += module.state() === 'failed' ? Math.max(failedHere, 1) : failedHere;
    }
    count.failed += unhandledErrors.length;
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    // After the default reporter's own summary, which is written in the same tick.
    setImmediate(() => process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`));
  }
}
