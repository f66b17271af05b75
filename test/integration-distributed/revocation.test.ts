import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  LoginDocument,
  LogoutDocument,
  MeDocument,
  RefreshDocument,
} from '../../client/generated/graphql.ts';
import type { App } from '../../src/app.ts';
import {
  anonymous,
  clientOf,
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../support/app.ts';
import { openSocket } from '../support/raw-graphql.ts';
import { open } from '../support/raw-http.ts';
import { waitUntil } from '../support/services/wait-until.ts';

let app: TestApp;
let another: App;
beforeAll(async () => {
  app = await startTestApp();
  another = await app.startAnother();
});
afterAll(() => app[Symbol.asyncDispose]());

const isRefused = ({ run }: Pick<Account, 'run'>) =>
  run(MeDocument, {}).then(
    () => false,
    () => true,
  );

it('a logout at one instance is refused at the other soon', async () => {
  const account = await signUp(app);
  const elsewhere = clientOf(another, account.token);
  await elsewhere.run(MeDocument, {});
  await account.run(LogoutDocument, {});
  // Half as long as an instance that is alone would believe what it knows.
  await waitUntil('the other instance to refuse', () => isRefused(elsewhere), { deadlineMs: 30_000 });
  expect(await isRefused(elsewhere)).toBe(true);
});

it('a logout at one instance closes subscriptions at the other', async () => {
  const account = await signUp(app);
  app.simulator.control.setLatency({ imageLatencyMs: { p05: 60_000, p95: 60_000 } });
  const id = await startBatch(account, { campaignId: await createCampaign(account), postCount: 500 });
  await using socket = await openSocket(another, account.token);
  const query = 'subscription($id: ID!) { batchEvents(batchId: $id) { cursor } }';
  socket.say({ type: 'subscribe', id: '1', payload: { query, variables: { id } } });
  await socket.hear(({ type }) => type === 'next');
  await account.run(LogoutDocument, {});
  expect(await socket.closed).toBe(4403);
});

it('a logout at one instance ends streams at the other, while events flow', async () => {
  const account = await signUp(app);
  // Two seconds a picture in this clock, ten at a time: something happens all the while.
  app.simulator.control.setLatency({ imageLatencyMs: { p05: 1_000, p95: 200_000 } });
  const id = await startBatch(account, { campaignId: await createCampaign(account), postCount: 500 });
  const query = 'subscription($id: ID!) { batchEvents(batchId: $id) { __typename cursor } }';
  const stream = await open(`${another.url}/graphql`, {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${account.token}`,
    },
    body: JSON.stringify({ query, variables: { id } }),
  });
  let text = '';
  stream.on('data', (piece) => (text += String(piece)));
  const ended = new Promise<void>((resolve) => stream.once('close', resolve));
  // It is broken off, not ended.
  stream.on('error', () => undefined);
  await waitUntil('posts to be completed', () => text.includes('PostCompletedEvent'));
  await account.run(LogoutDocument, {});
  await ended;
  expect(text).not.toContain('event: complete');
});

it('20 uses of one refresh token at once, on two instances, have one successor', async () => {
  const { email } = await signUp(app);
  const { login } = await anonymous(app).run(LoginDocument, { input: { email, password: 'correct horse' } });
  if (login.__typename !== 'Login') throw new Error(login.__typename);
  const { refreshToken } = login;
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, time) =>
      anonymous(time % 2 === 0 ? app : another).run(RefreshDocument, { refreshToken }),
    ),
  );
  expect(answers.filter(({ refresh }) => refresh.__typename === 'Login')).toHaveLength(1);
});
