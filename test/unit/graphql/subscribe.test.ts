import { GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString, parse } from 'graphql';
import { expect, it } from 'vitest';
import { ServiceUnavailableError } from '../../../src/domain/errors/errors.ts';
import type { Context } from '../../../src/graphql/context.ts';
import { maskError } from '../../../src/graphql/execution/mask-error.ts';
import { RequestRecord } from '../../../src/graphql/execution/request-record.ts';
import { createSubscribe, cursor, type Results } from '../../../src/graphql/subscriptions/subscribe.ts';
import { UpdateStream } from '../../../src/graphql/subscriptions/update-stream.ts';
import type { WorkspaceState } from '../../../src/services/progress/progress.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

/** A subscription to updates 1, 2, 3 …, each answered by `resolve`; it waits for ever behind the last of them. */
async function subscribeTo(pages: number[][], resolve: (seq: number) => string): Promise<Results> {
  const text = { type: new GraphQLNonNull(GraphQLString) };
  async function* updates(signal: AbortSignal): AsyncGenerator<WorkspaceState[], void, undefined> {
    for (const page of pages)
      yield page.map((seq) => ({ kind: 'workspace', seq, at: new Date(0), batches: [] }));
    await new Promise<void>((end) => signal.addEventListener('abort', () => end()));
  }
  const schema = new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: { text } }),
    subscription: new GraphQLObjectType<WorkspaceState>({
      name: 'Subscription',
      fields: {
        text: {
          ...text,
          subscribe: () => UpdateStream.open(async (signal) => updates(signal)),
          resolve: ({ seq }) => resolve(seq),
        },
      },
    }),
  });
  const subscribe = createSubscribe((error) => maskError(error, () => undefined), {
    started: () => undefined,
    ended: () => undefined,
  });
  // Its own resolvers ask the context for nothing.
  const contextValue: Context = Object.assign(Object.create(null), { record: new RequestRecord('test') });
  const answer = await subscribe({ schema, document: parse('subscription { text }'), contextValue });
  if (!(Symbol.asyncIterator in answer)) throw new Error(JSON.stringify(answer));
  return answer;
}

it('a subscriber is told each update in order, with the cursor to resume from', async () => {
  const results = await subscribeTo([[1], [2, 3]], (seq) => `update ${seq}`);
  const told = [await results.next(), await results.next(), await results.next()].map(({ value }) => value);
  expect(told.map((one) => one?.data?.['text'])).toEqual(['update 1', 'update 2', 'update 3']);
  expect(told.map((one) => one?.[cursor])).toEqual([1, 2, 3]);
  await results.return();
});

it('a subscriber who leaves while it waits for its next update is let go at once', async () => {
  const results = await subscribeTo([[1]], () => 'update');
  await results.next();
  const next = results.next();
  await results.return();
  expect(await next).toEqual({ done: true, value: undefined });
});

it('an update that cannot be read for a moment is told as soon as it can', async () => {
  let attempts = 0;
  const results = await subscribeTo([[1]], () => {
    attempts += 1;
    if (attempts < 3) throw new ServiceUnavailableError();
    return 'update';
  });
  expect((await results.next()).value).toMatchObject({ data: { text: 'update' } });
  await results.return();
});

it('an update that cannot be read ends the subscription with SERVICE_UNAVAILABLE, behind all that came before it', async () => {
  const results = await subscribeTo([[1, 2]], (seq) => {
    if (seq === 2) throw new ServiceUnavailableError();
    return 'update';
  });
  expect((await results.next()).value).toMatchObject({ data: { text: 'update' } });
  await expect(results.next()).rejects.toMatchObject({ extensions: { code: 'SERVICE_UNAVAILABLE' } });
});

it('a subscriber who leaves while its update cannot be read is let go at once, not after the next attempt', async () => {
  let attempts = 0;
  const results = await subscribeTo([[1]], () => {
    attempts += 1;
    throw new ServiceUnavailableError();
  });
  const next = results.next();
  await waitUntil('two attempts', () => attempts === 2);
  await results.return();
  expect(await next).toEqual({ done: true, value: undefined });
  expect(attempts).toBe(2);
});
