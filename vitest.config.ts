import { defineConfig } from 'vitest/config';

/**
 * `unit` is what `npm run check` runs: tests beside the code, without system tools.
 * `platform` needs a browser, a web server, namespaces or minutes; `npm test` runs both.
 */
export default defineConfig({
  test: {
    reporters: ['default', './test/setup/summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'fuzz/*.test.ts', 'chaos/*.test.ts', 'test/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'platform',
          include: ['test/platform/**/*.test.ts', 'testbed/src/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          // After the others: browsers and servers want the machine for themselves.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
