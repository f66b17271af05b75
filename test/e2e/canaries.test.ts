import { expect, inject, it } from 'vitest';
import { z } from 'zod';
import {
  ChangePasswordDocument,
  LoginDocument,
  LogoutDocument,
  RefreshDocument,
  RegisterDocument,
} from '../../client/generated/graphql.ts';
import { anonymous, clientOf, createCampaign, startBatch } from '../support/app.ts';
import { followToEnd } from '../support/batches.ts';
import { createHome } from '../support/e2e/home.ts';
import { startPressrun } from '../support/e2e/pressrun.ts';
import { post } from '../support/raw-graphql.ts';
import { createDatabase, withPostgres } from '../support/services/postgres-client.ts';

const rowsSchema = z.object({ everything: z.string().nullable() });

it('secrets and prompts are in no log, error, job or event', async () => {
  await using home = await createHome();
  const databaseUrl = await createDatabase(inject('postgresUrl'));
  const secret = `canary-secret-${crypto.randomUUID()}`;
  const app = await startPressrun(home, {
    DATABASE_URL: databaseUrl,
    LOG_LEVEL: 'debug',
    JWT_SECRET: secret,
  });
  const password = `canary-password-${crypto.randomUUID()}`;
  const newPassword = `canary-new-${crypto.randomUUID()}`;
  const brief = `canary-brief-${crypto.randomUUID()}`;
  const email = 'canary@example.com';

  const { register } = await anonymous(app).run(RegisterDocument, { input: { email, password } });
  if (register.__typename !== 'Login') throw new Error(register.__typename);
  const { run } = clientOf(app, register.accessToken);
  const account = {
    url: `${app.url}/graphql`,
    token: register.accessToken,
    email,
    id: register.user.id,
    run,
  };
  const campaignId = await createCampaign(account, { description: brief, targetAudience: brief });
  await followToEnd(account, await startBatch(account, { campaignId, postCount: 3 }));
  const { refresh } = await anonymous(app).run(RefreshDocument, { refreshToken: register.refreshToken });
  await run(ChangePasswordDocument, { input: { currentPassword: password, newPassword } });

  // Errors of every kind that quote what they were given, if anything does.
  const answers = [
    await anonymous(app).run(LoginDocument, { input: { email, password: `${password}-wrong` } }),
    await anonymous(app).run(RefreshDocument, { refreshToken: `${register.refreshToken}` }),
    await post(app, {
      query: `mutation { login(input: { email: "x", password: "${password}" }) { __typename } }`,
    }),
    await post(app, {
      query: 'mutation($input: CredentialsInput!) { login(input: $input) { __typename } }',
      variables: { input: { email, secret: password } },
    }),
    await post(app, { query: '{ me { id } }' }, { authorization: `Bearer ${register.accessToken}x` }),
  ];
  await run(LogoutDocument, {}).catch(() => undefined);
  const { stdout, stderr } = await app.end('SIGTERM');

  const stored = await withPostgres(databaseUrl, async (client) => {
    const { rows } = await client.query(`
      SELECT string_agg(row, ' ') AS everything FROM (
        SELECT j::text AS row FROM pgboss.job j UNION ALL SELECT e::text FROM events e
        UNION ALL SELECT s::text FROM sessions s UNION ALL SELECT r::text FROM refresh_tokens r
        UNION ALL SELECT u::text FROM users u) all_rows`);
    return rowsSchema.parse(rows[0]).everything ?? '';
  });
  expect(stored).toContain('POST_COMPLETED');
  expect(stdout).toContain('run completed');

  const tokens = [
    register.accessToken,
    register.refreshToken,
    refresh.__typename === 'Login' ? refresh.refreshToken : null,
  ];
  for (const canary of [secret, password, newPassword, brief, ...tokens]) {
    if (canary == null) throw new Error('a canary is missing');
    expect(stdout + stderr).not.toContain(canary);
    expect(stored).not.toContain(canary);
  }
  // A client may be quoted its own input; nobody's tokens or secrets are.
  for (const canary of [secret, brief, ...tokens]) expect(JSON.stringify(answers)).not.toContain(canary);
});
