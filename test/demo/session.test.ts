import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  createClient,
  CreateCampaignDocument,
  createSession,
  followBatch,
  LoginDocument,
  LogoutDocument,
  MeDocument,
  type Session,
  type Tokens,
} from '../../client/index.ts';
import {
  anonymous,
  clientOf,
  createCampaign,
  sampleCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../support/app.ts';
import { stored } from '../support/batches.ts';
import { startFlakyProxy } from './support/flaky-proxy.ts';
import { serve } from './support/scripted-server.ts';

const hour = 3_600_000;
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const tokens = (n: number, expiresAt = inMs(hour)): Tokens => ({
  accessToken: `a${n}`,
  refreshToken: `r${n}`,
  expiresAt,
});

const me = { data: { me: { id: '1', email: 'a@example.com' } } };
const refused = { data: null, errors: [{ message: 'No.', extensions: { code: 'UNAUTHENTICATED' } }] };
const over = { __typename: 'InvalidRefreshTokenError', code: 'INVALID_REFRESH_TOKEN', message: 'Over.' };

/**
 * Serves an account whose newest token is the only one that works.
 *
 * @param next what the nth use of the refresh token brings.
 */
async function serveAccount(options: {
  working: string;
  next?: (n: number) => object;
  answer?: (isLetIn: boolean) => object;
}) {
  const asked: unknown[] = [];
  let { working } = options;
  let refreshes = 0;
  const url = await serve((request: IncomingMessage, response, body) => {
    const { query, variables } = Object(body);
    if (String(query).includes('refresh(')) {
      refreshes += 1;
      asked.push(variables.refreshToken);
      const next = options.next?.(refreshes) ?? tokens(refreshes);
      working = Object(next).accessToken;
      response.end(JSON.stringify({ data: { refresh: { __typename: 'Login', ...next } } }));
      return;
    }
    const isLetIn = request.headers.authorization === `Bearer ${working}`;
    response.end(JSON.stringify(options.answer?.(isLetIn) ?? (isLetIn ? me : refused)));
  });
  return { url, /** The refresh tokens that were sent. */ asked };
}

describe('a session', () => {
  it('sends the token that it has for as long as that works', async () => {
    const { url, asked } = await serveAccount({ working: 'a0' });
    const session = createSession({ url, tokens: tokens(0) });
    expect(await createClient({ url, token: session }).run(MeDocument, {})).toEqual(me.data);
    expect(asked).toEqual([]);
  });

  it('fetches the next token before the old one ends, once for all who ask, and tells of it', async () => {
    const { url, asked } = await serveAccount({ working: 'none' });
    const kept: Tokens[] = [];
    const session = createSession({
      url,
      tokens: tokens(0, inMs(120_000)),
      onTokens: (next) => kept.push(next),
    });
    const client = createClient({ url, token: session });
    // Of its life of two minutes less than a quarter is left.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 95_000 });
    onTestFinished(() => void vi.useRealTimers());
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.run(MeDocument, {})));
    expect(answers).toEqual(answers.map(() => me.data));
    expect(asked).toEqual(['r0']);
    expect(kept).toMatchObject([{ accessToken: 'a1', refreshToken: 'r1' }]);
  });

  it('fetches the next token where one is refused before its time, once for all who are told', async () => {
    const { url, asked } = await serveAccount({ working: 'none' });
    const client = createClient({ url, token: createSession({ url, tokens: tokens(0) }) });
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.run(MeDocument, {})));
    expect(answers).toEqual(answers.map(() => me.data));
    expect(asked).toEqual(['r0']);
  });

  it('asks again where a mutation was refused as data', async () => {
    const created = { __typename: 'Campaign', id: '1' };
    const refusal = { __typename: 'UnauthenticatedError', code: 'UNAUTHENTICATED', message: 'No.' };
    const { url } = await serveAccount({
      working: 'none',
      answer: (isLetIn) => ({ data: { createCampaign: isLetIn ? created : refusal } }),
    });
    const client = createClient({ url, token: createSession({ url, tokens: tokens(0) }) });
    expect(await client.run(CreateCampaignDocument, { input: sampleCampaign })).toEqual({
      createCampaign: created,
    });
  });

  it('asks no third time', async () => {
    const { url, asked } = await serveAccount({ working: 'none', answer: () => refused });
    const client = createClient({ url, token: createSession({ url, tokens: tokens(0) }) });
    await expect(client.run(MeDocument, {})).rejects.toMatchObject({ codes: ['UNAUTHENTICATED'] });
    expect(asked).toEqual(['r0']);
  });

  it('says so when it is over', async () => {
    const { url } = await serveAccount({ working: 'none', next: () => over });
    const client = createClient({ url, token: createSession({ url, tokens: tokens(0) }) });
    await expect(client.run(MeDocument, {})).rejects.toMatchObject({ codes: ['INVALID_REFRESH_TOKEN'] });
  });

  it('does not refresh at every request where its clock is hours ahead of the server’s', async () => {
    const next = (n: number) => tokens(n, inMs(-2 * hour));
    const { url, asked } = await serveAccount({ working: 'a0', next });
    const client = createClient({ url, token: createSession({ url, tokens: next(0) }) });
    for (let n = 0; n < 3; n += 1) expect(await client.run(MeDocument, {})).toEqual(me.data);
    expect(asked).toEqual([]);
  });
});

describe('following a batch for longer than a token lives', () => {
  let app: TestApp;
  let account: Account;
  beforeAll(async () => {
    app = await startTestApp({ ACCESS_TOKEN_MINUTES: '0.1' });
    account = await signUp(app);
    // Nine seconds, in the simulator's clock: six is what a token lives.
    app.simulator.control.setLatency({ imageLatencyMs: { p05: 900_000, p95: 900_000 } });
  });
  afterAll(() => app[Symbol.asyncDispose]());

  async function logIn(): Promise<{ session: Session; token: string; renewals: () => number }> {
    const input = { email: account.email, password: 'correct horse' };
    const { login } = await anonymous(app).run(LoginDocument, { input });
    if (login.__typename !== 'Login') throw new Error(login.__typename);
    let renewals = 0;
    const onTokens = () => (renewals += 1);
    const session = createSession({ url: account.url, tokens: login, onTokens });
    return { session, token: login.accessToken, renewals: () => renewals };
  }

  const orderBatch = async (token: Session) => {
    const own = { ...account, run: createClient({ url: account.url, token }).run };
    return startBatch(own, { campaignId: await createCampaign(own), postCount: 3 });
  };

  it.each([
    ['websocket', 'one connection', true],
    ['sse', 'one stream after another', false],
  ] as const)('brings every event over %s, through %s', async (transport, _what, isOne) => {
    await using proxy = await startFlakyProxy(app.url);
    const { session, renewals } = await logIn();
    const batchId = await orderBatch(session);
    const events = await Array.fromAsync(
      followBatch({ url: proxy.url, token: session, batchId, transport, delayMs: () => 0 }),
    );
    expect(stored(events).map(({ cursor }) => cursor)).toEqual(['1', '2', '3', '4', '5']);
    expect(renewals()).toBeGreaterThan(0);
    expect(proxy.opened() === 1).toBe(isOne);
  });

  it('ends with the reason when the session is ended', async () => {
    const { session, token } = await logIn();
    const batchId = await orderBatch(session);
    const following = followBatch({ url: account.url, token: session, batchId, delayMs: () => 0 });
    await following.next();
    const rest = Array.fromAsync(following);
    await clientOf(app, token).run(LogoutDocument, {});
    await expect(rest).rejects.toMatchObject({ codes: ['INVALID_REFRESH_TOKEN'] });
  });
});
