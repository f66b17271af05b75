import { defineConfig } from 'vitest/config';

const nodeConditions = ['node', 'module-sync'];

const shared = {
  // Generous: what a test waits for are conditions, and machines are busy.
  testTimeout: 600_000,
  hookTimeout: 600_000,
  /** A test that checks nothing fails. */
  expect: { requireAssertions: true, poll: { timeout: 60_000 } },
};

/** These look at HTTP, WebSockets and GraphQL documents, where the backend makes no difference: they run once. */
const onAnyBackend = [
  'test/integration/answers/{bounded-answers,compression}.test.ts',
  'test/integration/hostile/{attacks,costly-documents,hosts,refused-bodies,request-bodies,socket-input,upgrades}.test.ts',
  'test/integration/transport/{audits,earlier-versions,other-clients}.test.ts',
];

/** The integration suite runs twice: embedded, and on PostgreSQL and Redis. */
export default defineConfig({
  // Resolve as Node does. Vite would load the development build of graphql beside the one that libraries
  // load, and errors of one are none of the other.
  ssr: { resolve: { conditions: nodeConditions } },
  test: {
    // One PostgreSQL and one Redis for all projects.
    globalSetup: ['test/support/services/global.ts'],
    // Two cores: more files at once only make each of them slow.
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'parts',
          include: ['test/{unit,contract,simulator,services,demo}/**/*.test.ts'],
        },
      },
      {
        test: {
          ...shared,
          name: 'embedded',
          include: ['test/integration/**/*.test.ts'],
          provide: { backend: 'embedded' },
          // Files follow each other in one process: to load the whole app anew takes longer than most of them.
          isolate: false,
        },
      },
      {
        test: {
          ...shared,
          name: 'distributed',
          include: ['test/{integration,integration-distributed}/**/*.test.ts'],
          exclude: onAnyBackend,
          provide: { backend: 'distributed' },
          isolate: false,
        },
      },
      { test: { ...shared, name: 'e2e', include: ['test/{e2e,chaos}/**/*.test.ts'] } },
    ],
  },
});
