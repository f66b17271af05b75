import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { post } from '../support/raw-graphql.ts';
import { startPostgres, type PostgresInstance } from '../support/services/postgres.ts';

let postgres: PostgresInstance;
let app: TestApp;
beforeAll(async () => {
  postgres = await startPostgres();
  app = await startTestApp({ DATABASE_URL: await postgres.createDatabase() });
  await postgres.stop('immediate');
}, 60_000);
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const credentials = '(input: {email: "ada@example.com", password: "correct horse"})';

it.each([
  ['register', credentials],
  ['login', credentials],
  ['refresh', '(refreshToken: "of-a-session-that-was")'],
])('%s says in its result that the database is away', async (mutation, args) => {
  const query = `mutation { answer: ${mutation}${args} {
    __typename ... on ServiceUnavailableError { code retryAfter }
  } }`;
  const { status, data, errors } = await post(app, { query });
  expect(errors).toEqual([]);
  expect(data).toEqual({
    answer: { __typename: 'ServiceUnavailableError', code: 'SERVICE_UNAVAILABLE', retryAfter: 1 },
  });
  expect(status).toBe(200);
});
