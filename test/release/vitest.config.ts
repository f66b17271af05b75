import { defineConfig } from 'vitest/config';

/** Runs the tests of the release that is vitest's root. */
export default defineConfig({
  ssr: { resolve: { conditions: ['node', 'module-sync'] } },
  test: {
    globalSetup: [`${import.meta.dirname}/global.ts`],
    include: ['test/{integration,integration-distributed}/**/*.test.ts'],
    provide: { backend: 'distributed' },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
