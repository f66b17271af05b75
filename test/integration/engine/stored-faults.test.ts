import { expect, it } from 'vitest';
import { followBatch } from '../../../client/index.ts';
import { createCampaign, signUp, startBatch, startTestApp } from '../../support/app.ts';
import { followToEnd } from '../../support/batches.ts';
import { openSocket, post } from '../../support/raw-graphql.ts';

const query = `subscription ($id: ID!) {
  batchEvents(batchId: $id) { __typename cursor ... on PostCompletedEvent { progress { completedCount } } }
}`;

/** A finished batch, whose event of a completed post holds a number that the schema cannot carry. */
async function startWithFault() {
  await using made = new AsyncDisposableStack();
  const first = made.use(await startTestApp());
  const account = await signUp(first);
  const id = await startBatch(account, { campaignId: await createCampaign(account), postCount: 1 });
  await followToEnd(account, id);
  const app = await first.restart(async (prisma) => {
    await prisma.$executeRaw`
      UPDATE events SET payload = payload || '{"completedCount": 3000000000}' WHERE type = 'POST_COMPLETED'`;
  });
  made.move();
  return { app, token: account.token, id };
}

it('an event that can never be told ends a subscription over WebSocket at once with INTERNAL', async () => {
  const { app, token, id } = await startWithFault();
  await using _stopping = app;
  await using socket = await openSocket(app, token);
  socket.say({ type: 'subscribe', id: 'one', payload: { query, variables: { id } } });
  const { payload } = await socket.hear(({ type }) => type === 'error');
  expect(payload).toMatchObject([{ extensions: { code: 'INTERNAL' } }]);
  // What came before it was told, and nothing in its place.
  const told = socket.received.flatMap((message) => (message.type === 'next' ? [message.payload] : []));
  expect(told).toMatchObject([
    { data: { batchEvents: { __typename: 'BatchSnapshotEvent' } } },
    { data: { batchEvents: { __typename: 'BatchStartedEvent' } } },
  ]);
});

it('such an event ends a subscription over SSE for good with INTERNAL', async () => {
  const { app, token, id } = await startWithFault();
  await using _stopping = app;
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ query, variables: { id } }),
  });
  const text = await response.text();
  expect(text).toContain('"code":"INTERNAL"');
  expect(text).not.toContain('undefined');
  expect(text).toMatch(/event: complete\ndata:\n\n$/);
});

it.each(['websocket', 'sse'] as const)(
  'our client ends with such an event over %s, and does not ask for it again and again',
  async (transport) => {
    const { app, token, id } = await startWithFault();
    await using _stopping = app;
    const events = followBatch({ url: `${app.url}/graphql`, token, batchId: id, transport });
    const following = (async () => {
      for await (const _event of events);
    })();
    await expect(following).rejects.toMatchObject({ codes: ['INTERNAL'] });
  },
);

it('a stored value that the schema cannot carry is not blamed on the input of a query', async () => {
  const { app, token, id } = await startWithFault();
  await using stopping = app;
  const spoilt = await stopping.restart(async (prisma) => {
    await prisma.$executeRaw`UPDATE batches SET "createdAt" = '-infinity'`;
  });
  const { errors } = await post(
    spoilt,
    { query: 'query ($id: ID!) { batch(id: $id) { elapsedSeconds } }', variables: { id } },
    { authorization: `Bearer ${token}` },
  );
  expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL' } }]);
});
