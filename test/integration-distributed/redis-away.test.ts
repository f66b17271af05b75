import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  LoginDocument,
  LogoutDocument,
  MeDocument,
  RefreshDocument,
} from '../../client/generated/graphql.ts';
import { anonymous, clientOf, signUp, startTestApp, type TestApp } from '../support/app.ts';
import { startRedis, withRedis, type RedisInstance } from '../support/services/redis.ts';
import { waitUntil } from '../support/services/wait-until.ts';

let redis: RedisInstance;
let app: TestApp;
/** How many connections to Redis there are, this one with them. */
const connections = () =>
  withRedis(
    redis.url,
    async (client) =>
      String(await client.client('LIST'))
        .trim()
        .split('\n').length,
  );
let whole = Number.NaN;
beforeAll(async () => {
  redis = await startRedis();
  app = await startTestApp({ REDIS_URL: redis.url, LOGIN_ATTEMPTS: '3' });
  whole = await connections();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});
afterEach(async () => {
  await redis.restart();
  await waitUntil('the app to be back at Redis', async () => (await connections()) >= whole);
});

it('one process that serves and works has three connections to Redis', () => {
  // One of those counted is the test's own.
  expect(whole - 1).toBe(3);
});

const password = 'correct horse';
const logIn = async (email: string, given = password) => {
  const input = { email, password: given };
  return (await anonymous(app).run(LoginDocument, { input })).login;
};
const refresh = async (refreshToken: string | null) =>
  (await anonymous(app).run(RefreshDocument, { refreshToken })).refresh;

describe.each([
  ['down', () => redis.kill()],
  ['frozen', () => redis.pause()],
  ['flushed', () => redis.flush()],
] as const)('with Redis %s', (_state, hurt) => {
  it('an open session is let in, and goes on', async () => {
    const { email, token, id } = await signUp(app);
    const login = await logIn(email);
    if (login.__typename !== 'Login') throw new Error(login.__typename);
    await hurt();
    expect(await clientOf(app, token).run(MeDocument, {})).toMatchObject({ me: { id } });
    expect(await refresh(login.refreshToken)).toMatchObject({ __typename: 'Login' });
  });

  it('a session that was ended stays ended, and a used refresh token used', async () => {
    const { email, run, token } = await signUp(app);
    const login = await logIn(email);
    if (login.__typename !== 'Login') throw new Error(login.__typename);
    await refresh(login.refreshToken);
    await run(LogoutDocument, {});
    await hurt();
    const me = clientOf(app, token).run(MeDocument, {});
    await expect(me).rejects.toMatchObject({ codes: ['UNAUTHENTICATED'] });
    expect(await refresh(login.refreshToken)).toMatchObject({ code: 'INVALID_REFRESH_TOKEN' });
  });

  it('a session is ended all the same', async () => {
    const { run } = await signUp(app);
    await hurt();
    expect(await run(LogoutDocument, {})).toMatchObject({ logout: { endedSessions: 1 } });
    await expect(run(MeDocument, {})).rejects.toMatchObject({ codes: ['UNAUTHENTICATED'] });
  });

  it('who had guessed too often is refused, and who begins to guess is as well', async () => {
    const before = await signUp(app);
    await waitUntil(
      'a refusal',
      async () => (await logIn(before.email, 'wrong horse')).__typename === 'RateLimitedError',
    );
    const after = await signUp(app);
    await hurt();
    expect(await logIn(before.email)).toMatchObject({ code: 'RATE_LIMITED' });
    for (let guess = 0; guess < 3; guess += 1) {
      expect(await logIn(after.email, 'wrong horse')).toMatchObject({ code: 'WRONG_CREDENTIALS' });
    }
    expect(await logIn(after.email)).toMatchObject({ code: 'RATE_LIMITED' });
  });
});
