import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import {
  ChangePasswordDocument,
  DeleteAccountDocument,
  LoginDocument,
  LogoutDocument,
  LogoutEverywhereDocument,
  MeDocument,
  RefreshDocument,
  RegisterDocument,
} from '../../../client/generated/graphql.ts';
import {
  anonymous,
  clientOf,
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { followToEnd, getPosts } from '../../support/batches.ts';
import { openSocket, post } from '../../support/raw-graphql.ts';
import { waitUntil } from '../../support/services/wait-until.ts';
import { forge, testSecret } from '../../support/tokens.ts';

const password = 'correct horse';
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ JWT_SECRET: testSecret });
});
afterAll(() => app[Symbol.asyncDispose]());

const refused = { codes: ['UNAUTHENTICATED'] };

async function logIn(email: string) {
  const { login } = await anonymous(app).run(LoginDocument, { input: { email, password } });
  if (login.__typename !== 'Login' || login.refreshToken == null) throw new Error(login.__typename);
  return { token: login.accessToken, refreshToken: login.refreshToken };
}

const refresh = (refreshToken: string) => anonymous(app).run(RefreshDocument, { refreshToken });

it('goes on with a refresh token, which works once', async () => {
  const { email } = await signUp(app);
  const { refreshToken } = await logIn(email);
  const { refresh: next } = await refresh(refreshToken);
  if (next.__typename !== 'Login') throw new Error(next.__typename);
  expect(next.refreshToken).not.toBe(refreshToken);
  expect(await clientOf(app, next.accessToken).run(MeDocument, {})).toMatchObject({ me: { email } });
});

it('ends the session whose refresh token is used a second time', async () => {
  const { email } = await signUp(app);
  const { refreshToken } = await logIn(email);
  const { refresh: next } = await refresh(refreshToken);
  if (next.__typename !== 'Login' || next.refreshToken == null) throw new Error(next.__typename);
  expect(await refresh(refreshToken)).toMatchObject({ refresh: { code: 'INVALID_REFRESH_TOKEN' } });
  expect(await refresh(next.refreshToken)).toMatchObject({ refresh: { code: 'INVALID_REFRESH_TOKEN' } });
  await expect(clientOf(app, next.accessToken).run(MeDocument, {})).rejects.toMatchObject(refused);
});

it('takes no access token for a refresh token, nor the other way round', async () => {
  const { email } = await signUp(app);
  const { token, refreshToken } = await logIn(email);
  expect(await refresh(token)).toMatchObject({ refresh: { code: 'INVALID_REFRESH_TOKEN' } });
  await expect(clientOf(app, refreshToken).run(MeDocument, {})).rejects.toMatchObject(refused);
});

it('keeps a browser’s refresh token in a cookie that no script and no other site can use', async () => {
  const email = `${crypto.randomUUID()}@example.com`;
  const query =
    'mutation($input: CredentialsInput!) { register(input: $input, cookie: true) { ... on Login { refreshToken } } }';
  const registered = await post(app, { query, variables: { input: { email, password } } });
  expect(registered.data).toEqual({ register: { refreshToken: null } });
  const cookie = registered.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/^pressrun_refresh=[\w-]{43}; Path=\/graphql; HttpOnly; SameSite=Strict; Expires=/);
  const next = 'mutation { refresh { __typename ... on Login { refreshToken } } }';
  const headers = { cookie: cookie.split(';')[0] ?? '' };
  const refreshed = await post(app, { query: next }, headers);
  expect(refreshed.data).toEqual({ refresh: { __typename: 'Login', refreshToken: null } });
  expect(refreshed.headers.get('set-cookie')).toContain('pressrun_refresh=');
  const stolen = await post(app, { query: next }, { ...headers, origin: 'https://evil.example' });
  expect(stolen.errors[0]?.extensions).toEqual({ code: 'ORIGIN_NOT_ALLOWED' });
});

it('refuses the token of a session that was logged out, and keeps the others', async () => {
  const account = await signUp(app);
  const other = await logIn(account.email);
  expect(await account.run(LogoutDocument, {})).toMatchObject({ logout: { endedSessions: 1 } });
  await expect(account.run(MeDocument, {})).rejects.toMatchObject(refused);
  expect(await clientOf(app, other.token).run(MeDocument, {})).toMatchObject({ me: { id: account.id } });
  expect(await refresh(other.refreshToken)).toMatchObject({ refresh: { __typename: 'Login' } });
});

it('logs out everywhere', async () => {
  const account = await signUp(app);
  const other = await logIn(account.email);
  expect(await account.run(LogoutEverywhereDocument, {})).toMatchObject({
    logoutEverywhere: { endedSessions: 2 },
  });
  await expect(clientOf(app, other.token).run(MeDocument, {})).rejects.toMatchObject(refused);
  expect(await refresh(other.refreshToken)).toMatchObject({ refresh: { code: 'INVALID_REFRESH_TOKEN' } });
});

it('changes the password and ends all other sessions', async () => {
  const account = await signUp(app);
  const other = await logIn(account.email);
  const input = { currentPassword: password, newPassword: 'battery staple' };
  expect(
    await account.run(ChangePasswordDocument, { input: { ...input, currentPassword: 'wrong horse' } }),
  ).toMatchObject({
    changePassword: { code: 'WRONG_CREDENTIALS' },
  });
  expect(await account.run(ChangePasswordDocument, { input })).toMatchObject({
    changePassword: { endedSessions: 1 },
  });
  await expect(clientOf(app, other.token).run(MeDocument, {})).rejects.toMatchObject(refused);
  expect(await account.run(MeDocument, {})).toMatchObject({ me: { id: account.id } });
  const oldLogin = await anonymous(app).run(LoginDocument, { input: { email: account.email, password } });
  expect(oldLogin.login).toMatchObject({ code: 'WRONG_CREDENTIALS' });
});

it('ends with the password also the sessions that are opened with the old one while it changes', async () => {
  await using ample = await startTestApp({ LOGIN_ATTEMPTS: '10000' });
  const { email, run } = await signUp(ample);
  const opened: string[] = [];
  const changed = new AbortController();
  const logInAgainAndAgain = async () => {
    while (!changed.signal.aborted) {
      const input = { email, password };
      const { login } = await anonymous(ample).run(LoginDocument, { input });
      if (login.__typename === 'Login') opened.push(login.accessToken);
    }
  };
  const loggingIn = Array.from({ length: 6 }, logInAgainAndAgain);
  const input = { currentPassword: password, newPassword: 'battery staple' };
  await run(ChangePasswordDocument, { input });
  changed.abort();
  await Promise.all(loggingIn);
  expect(opened.length).toBeGreaterThan(0);
  for (const token of opened)
    await expect(clientOf(ample, token).run(MeDocument, {})).rejects.toMatchObject(refused);
});

it('deletes an account with its posts and pictures, and lets the address be registered again', async () => {
  let own = await startTestApp();
  await using opened = new AsyncDisposableStack();
  opened.defer(() => own[Symbol.asyncDispose]());
  const signedUp = await signUp(own);
  const campaignId = await createCampaign(signedUp);
  await followToEnd(signedUp, await startBatch(signedUp, { campaignId, postCount: 2 }));
  const paths = (await getPosts(signedUp, { campaignId })).map(
    ({ imageUrl }) => new URL(imageUrl ?? '').pathname,
  );
  // Pictures of the last ten minutes would stay.
  own = await own.restart(async (prisma) => {
    await prisma.image.updateMany({ data: { storedAt: new Date(0) } });
  });
  const account = { ...signedUp, run: clientOf(own, signedUp.token).run };
  const statuses = () => Promise.all(paths.map(async (path) => (await fetch(`${own.url}${path}`)).status));
  await startBatch(account, { campaignId, postCount: 200 });
  expect(await statuses()).toEqual([200, 200]);

  expect(await account.run(DeleteAccountDocument, { input: { password: 'wrong horse' } })).toMatchObject({
    deleteAccount: { code: 'WRONG_CREDENTIALS' },
  });
  expect(await account.run(DeleteAccountDocument, { input: { password } })).toMatchObject({
    deleteAccount: { __typename: 'AccountDeleted' },
  });
  await expect(account.run(MeDocument, {})).rejects.toMatchObject(refused);
  await waitUntil('the pictures to be gone', async () =>
    (await statuses()).every((status) => status === 404),
  );
  const again = await signUp(own, account.email);
  expect(await getPosts(again, {})).toEqual([]);
});

it('deletes with an account what the ledger holds of its texts', async () => {
  let own = await startTestApp();
  await using opened = new AsyncDisposableStack();
  opened.defer(() => own[Symbol.asyncDispose]());
  const account = await signUp(own);
  const campaignId = await createCampaign(account);
  await followToEnd(account, await startBatch(account, { campaignId, postCount: 2 }));
  await account.run(DeleteAccountDocument, { input: { password } });
  // Deletion goes on after each restart.
  let left = Number.NaN;
  await waitUntil(
    'an empty ledger and no account',
    async () => {
      own = await own.restart(async (prisma) => {
        left = (await prisma.providerCall.count()) + (await prisma.user.count());
      });
      return left === 0;
    },
    { intervalMs: 1_000 },
  );
  expect(left).toBe(0);
});

it('tells nobody apart by sign-ups: one address 20 times at once makes one account', async () => {
  const email = `${crypto.randomUUID()}@example.com`;
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, time) =>
      anonymous(app).run(RegisterDocument, {
        input: { email: time % 2 === 0 ? email : email.toUpperCase(), password },
      }),
    ),
  );
  expect(answers.filter(({ register }) => register.__typename === 'Login')).toHaveLength(1);
});

const watch = 'subscription($id: ID!) { batchEvents(batchId: $id) { __typename cursor } }';

async function withOpenBatch(): Promise<Account & { batchId: string }> {
  const account = await signUp(app);
  // So slow that it is still going on when the test is over.
  app.simulator.control.setLatency({ imageLatencyMs: { p05: 6_000_000, p95: 6_000_000 } });
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 500 });
  return { ...account, batchId };
}

it('closes open WebSocket subscriptions of a session that is logged out', async () => {
  const account = await withOpenBatch();
  await using socket = await openSocket(app, account.token);
  socket.say({ type: 'subscribe', id: '1', payload: { query: watch, variables: { id: account.batchId } } });
  await socket.hear(({ type }) => type === 'next');
  await account.run(LogoutDocument, {});
  expect(await socket.closed).toBe(4403);
});

it.each(['text/event-stream', 'TEXT/Event-Stream', '*/*', 'application/json'])(
  'closes open subscriptions over HTTP of a session that is logged out, also for accept: %s',
  async (accept) => {
    const account = await withOpenBatch();
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept,
        authorization: `Bearer ${account.token}`,
      },
      body: JSON.stringify({ query: watch, variables: { id: account.batchId } }),
    });
    const reader = response.body?.getReader();
    await reader?.read();
    await account.run(LogoutDocument, {});
    const readOn = async (): Promise<void> => {
      for (;;) if ((await reader?.read())?.done !== false) return;
    };
    // It is ended or broken off.
    await expect(readOn().catch(() => undefined)).resolves.toBeUndefined();
  },
);

it('closes a WebSocket when its token expires, unless it brings a new one in time', async () => {
  const account = await withOpenBatch();
  const soon = Math.floor(Date.now() / 1000) + 300;
  const shortLived = forge(account.token, { claims: { exp: soon } });
  await using lets = await openSocket(app, shortLived);
  await using renews = await openSocket(app, shortLived);
  for (const socket of [lets, renews]) {
    socket.say({ type: 'subscribe', id: '1', payload: { query: watch, variables: { id: account.batchId } } });
    await socket.hear(({ type }) => type === 'next');
  }
  renews.say({ type: 'ping', payload: { authorization: `Bearer ${account.token}` } });
  await renews.hear(({ type }) => type === 'pong');
  expect(lets.socket.readyState).toBe(WebSocket.OPEN);
  vi.useFakeTimers({ toFake: ['Date'], now: (soon + 1) * 1000 });
  onTestFinished(() => void vi.useRealTimers());
  expect(await lets.closed).toBe(4403);
  renews.say({ type: 'subscribe', id: '2', payload: { query: '{ me { id } }' } });
  expect(await renews.hear(({ id, type }) => id === '2' && type === 'next')).toMatchObject({
    payload: { data: { me: { id: account.id } } },
  });
});

it('goes on verifying tokens of a secret that was replaced, and signs with the new one', async () => {
  const account = await signUp(app);
  await using rotated = await startTestApp({
    JWT_SECRET: 'the next secret, which is long enough as well',
    JWT_PREVIOUS_SECRETS: testSecret,
  });
  // Another database, so the session is not there: what tells is that its own new tokens work, and why the old one does not.
  const fresh = await signUp(rotated);
  expect(await fresh.run(MeDocument, {})).toMatchObject({ me: { id: fresh.id } });
  const signedBefore = forge(fresh.token);
  expect(await clientOf(rotated, signedBefore).run(MeDocument, {})).toMatchObject({ me: { id: fresh.id } });
  await expect(clientOf(rotated, account.token).run(MeDocument, {})).rejects.toMatchObject(refused);
});

it('counts 15 log-ins in one document as 15, and says when to come back', async () => {
  await using strict = await startTestApp({ LOGIN_ATTEMPTS: '10' });
  const { email } = await signUp(strict);
  const aliases = Array.from(
    { length: 15 },
    (_, n) => `a${n}: login(input: $input) { ... on Error { code } ... on RateLimitedError { retryAfter } }`,
  );
  const query = `mutation($input: CredentialsInput!) { ${aliases.join(' ')} }`;
  const { data } = await post(strict, { query, variables: { input: { email, password: 'wrong horse' } } });
  const codes = Object.values(Object(data)).map((answer) => Object(answer).code);
  expect(codes.filter((code) => code === 'WRONG_CREDENTIALS')).toHaveLength(10);
  expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(5);
  expect(Object(Object(data).a14).retryAfter).toBeGreaterThan(0);
});

it('does not lock the owner out when somebody else guesses from another address', async () => {
  await using strict = await startTestApp({ LOGIN_ATTEMPTS: '3', TRUSTED_PROXIES: '127.0.0.1' });
  const { email } = await signUp(strict);
  const query = 'mutation($input: CredentialsInput!) { login(input: $input) { __typename } }';
  const logInFrom = (address: string, given: string) =>
    post(strict, { query, variables: { input: { email, password: given } } }, { 'x-forwarded-for': address });
  for (let guess = 0; guess < 4; guess += 1) await logInFrom('203.0.113.66', 'wrong horse');
  expect((await logInFrom('203.0.113.66', password)).data).toEqual({
    login: { __typename: 'RateLimitedError' },
  });
  expect((await logInFrom('198.51.100.7', password)).data).toEqual({ login: { __typename: 'Login' } });
});

it('does not believe X-Forwarded-For of whoever connects', async () => {
  await using strict = await startTestApp({ LOGIN_ATTEMPTS: '3' });
  const { email } = await signUp(strict);
  const query = 'mutation($input: CredentialsInput!) { login(input: $input) { __typename } }';
  const answers = [];
  for (let guess = 0; guess < 4; guess += 1) {
    const input = { email, password: 'wrong horse' };
    answers.push(
      await post(strict, { query, variables: { input } }, { 'x-forwarded-for': `203.0.113.${guess}` }),
    );
  }
  expect(answers.at(-1)?.data).toEqual({ login: { __typename: 'RateLimitedError' } });
});

it('limits the requests of a user, and says when to come back', async () => {
  await using strict = await startTestApp({ RATE_LIMIT_PER_USER: '5' });
  const { token } = await signUp(strict);
  const headers = { authorization: `Bearer ${token}` };
  const query = '{ a: me { id } b: me { id } c: me { id } }';
  expect((await post(strict, { query }, headers)).errors).toEqual([]);
  const refusal = await post(strict, { query }, headers);
  expect(refusal.status).toBe(429);
  expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refusal.errors[0]?.extensions).toMatchObject({
    code: 'RATE_LIMITED',
    retryAfter: expect.any(Number),
  });
});

it('runs only its own clients’ documents where that is set, by their hash or in full', async () => {
  await using strict = await startTestApp({ PERSISTED_ONLY: 'true' });
  const account = await signUp(strict);
  expect(await account.run(MeDocument, {})).toMatchObject({ me: { id: account.id } });
  const { errors } = await post(strict, { query: '{ me { createdAt } }' });
  expect(errors[0]?.extensions).toMatchObject({ code: 'DOCUMENT_NOT_ALLOWED' });
  const { default: documents } = await import('../../../client/generated/persisted-documents.json', {
    with: { type: 'json' },
  });
  const [hash] = Object.entries(documents).find(([, text]) => text.startsWith('query Me ')) ?? [];
  const extensions = { persistedQuery: { version: 1, sha256Hash: hash } };
  const headers = { authorization: `Bearer ${account.token}` };
  expect((await post(strict, { extensions }, headers)).data).toMatchObject({ me: { id: account.id } });
  await using socket = await openSocket(strict, account.token);
  socket.say({ type: 'subscribe', id: '1', payload: { query: '{ me { createdAt } }' } });
  expect(await socket.hear(({ type }) => type === 'error')).toMatchObject({
    payload: [{ extensions: { code: 'DOCUMENT_NOT_ALLOWED' } }],
  });
});
