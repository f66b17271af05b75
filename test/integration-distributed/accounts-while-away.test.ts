import { expect, it } from 'vitest';
import { signUp, startTestApp } from '../support/app.ts';
import { post } from '../support/raw-graphql.ts';
import { startPostgres, type PostgresInstance } from '../support/services/postgres.ts';
import { withPostgres } from '../support/services/postgres-client.ts';

const failure = { __typename: 'ServiceUnavailableError', code: 'SERVICE_UNAVAILABLE', retryAfter: 1 };

it.each([
  { what: 'stopped', takeAway: (postgres: PostgresInstance) => postgres.stop('immediate') },
  {
    what: 'without its database',
    takeAway: async ({ url }: PostgresInstance, databaseUrl: string) => {
      const name = new URL(databaseUrl).pathname.slice(1);
      await withPostgres(url, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  },
])('register, login and refresh say in their results that PostgreSQL is $what', async ({ takeAway }) => {
  await using postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase();
  await using app = await startTestApp({ DATABASE_URL: databaseUrl });
  const { email } = await signUp(app);
  const answerTo = async (mutation: string) => {
    const query = `mutation { answer: ${mutation} {
        __typename ... on ServiceUnavailableError { code retryAfter } ... on Login { refreshToken }
      } }`;
    return post(app, { query });
  };
  const credentials = `(input: {email: "${email}", password: "correct horse"})`;
  const { data } = await answerTo(`login${credentials}`);
  const { refreshToken } = Object(data).answer;
  await takeAway(postgres, databaseUrl);
  const answers = await Promise.all([
    answerTo(`register${credentials.replace('@', '+2@')}`),
    answerTo(`login${credentials}`),
    answerTo(`refresh(refreshToken: "${refreshToken}")`),
  ]);
  expect(answers.map(({ data: said, errors, status }) => ({ said, errors, status }))).toEqual(
    Array.from({ length: 3 }, () => ({ said: { answer: failure }, errors: [], status: 200 })),
  );
});
