import type { Reporter, TestModule } from 'vitest/node';

/** Prints the one plain closing line that scripts read: `N passed, N failed[, N skipped]`. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      // A file that fails to load has no tests of its own, but must not pass for "nothing failed".
      if (module.state() === 'failed' && module.children.allTests().next().done) count.failed += 1;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === 'passed') count.passed += 1;
        else if (state === 'skipped') count.skipped += 1;
        else count.failed += 1;
      }
    }
    count.failed += unhandledErrors.length;
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    // After the default reporter's own summary, which is written in the same tick.
    setImmediate(() => process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`));
  }
}
