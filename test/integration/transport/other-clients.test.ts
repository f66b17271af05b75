import { ApolloClient, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client as UrqlClient, subscriptionExchange } from '@urql/core';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws/client';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BatchEventsDocument } from '../../../client/generated/graphql.ts';
import {
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';

let app: TestApp;
let account: Account;
beforeAll(async () => {
  app = await startTestApp();
  account = await signUp(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const query = BatchEventsDocument;
const wsClient = () =>
  createWsClient({
    url: account.url.replace('http', 'ws'),
    connectionParams: { authorization: `Bearer ${account.token}` },
  });

type Listen = (batchId: string, tell: (result: unknown) => void) => Promise<void>;

/** Clients that others wrote, as their own pages tell to use them. */
const clients: Record<string, Listen> = {
  async 'graphql-ws'(batchId, tell) {
    const client = wsClient();
    for await (const result of client.iterate({ query, variables: { batchId } })) tell(result);
    await client.dispose();
  },
  async 'graphql-sse'(batchId, tell) {
    const client = createSseClient({
      url: account.url,
      headers: { authorization: `Bearer ${account.token}` },
    });
    for await (const result of client.iterate({ query, variables: { batchId } })) tell(result);
    client.dispose();
  },
  async urql(batchId, tell) {
    const socket = wsClient();
    const client = new UrqlClient({
      url: account.url,
      preferGetMethod: false,
      exchanges: [
        subscriptionExchange({
          forwardSubscription: (request) => ({
            subscribe: (sink) => ({
              unsubscribe: socket.subscribe(
                { query: request.query ?? '', variables: request.variables },
                { ...sink, next: ({ data = null }) => sink.next({ data }) },
              ),
            }),
          }),
        }),
      ],
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    const { unsubscribe } = client.subscription(query, { batchId }).subscribe((result) => {
      tell(result);
      if (lastOf(result) === 'BatchCompletedEvent') resolve();
    });
    await promise;
    unsubscribe();
    await socket.dispose();
  },
  async Apollo(batchId, tell) {
    const socket = wsClient();
    const client = new ApolloClient({ link: new GraphQLWsLink(socket), cache: new InMemoryCache() });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    client
      .subscribe({ query: parse(query), variables: { batchId }, fetchPolicy: 'no-cache' })
      .subscribe({ next: tell, error: reject, complete: resolve });
    await promise;
    client.stop();
    await socket.dispose();
  },
};

const resultSchema = z.object({
  data: z.object({ batchEvents: z.object({ __typename: z.string(), cursor: z.string() }) }),
});
const lastOf = (result: unknown) => resultSchema.safeParse(result).data?.data.batchEvents.__typename;

describe.each(Object.entries(clients))('%s', (_name, listen) => {
  it('follows a batch to its end', async () => {
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 6 });
    const results: unknown[] = [];
    await listen(batchId, (result) => results.push(result));
    const events = results.map((result) => resultSchema.parse(result).data.batchEvents);
    const cursors = events
      .filter(({ __typename }) => !['BatchSnapshotEvent', 'PostStageEvent'].includes(__typename))
      .map(({ cursor }) => Number(cursor));
    expect(cursors).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(events.at(-1)?.__typename).toBe('BatchCompletedEvent');
  });
});
