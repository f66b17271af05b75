import DataLoader from 'dataloader';
import type { ExecutionArgs, ExecutionResult } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { RateLimitedError, UnauthenticatedError } from '../domain/errors.ts';
import type { Context, OperationArgs, Services } from '../graphql/context.ts';
import { maskError } from '../graphql/mask-error.ts';
import { schema } from '../graphql/schema.ts';
import { endingWith, pull } from '../graphql/pull.ts';
import { createSharedSubscribe } from '../graphql/shared-subscribe.ts';
import type { Subscription } from '../graphql/subscriber.ts';
import type { RateLimits } from '../services/rate-limits.ts';
import type { Logger } from '../telemetry/logger.ts';
import { eventStreams } from './event-stream.ts';
import { exampleHeaders, exampleOperations } from './graphiql-examples.ts';
import { createGuards } from './graphql-guards.ts';
import type { PersistedDocuments } from './persisted-documents.ts';

export const graphqlPath = '/graphql';

/** What the transports know of a request before GraphQL does. */
export type RequestContext = {
  requestId: string;
  /** Where the client reached this server, such as `http://127.0.0.1:4000`. */
  origin: string;
  /** The client's network address. */
  address: string;
  refreshCookie: Context['refreshCookie'];
  markSecret: Context['markSecret'];
  /** Who asks; a transport that lives longer than a request authenticates when it connects. */
  viewer: () => Promise<Context['viewer']>;
  /** The newest `id` that an `EventSource` has of an earlier stream. */
  lastEventId?: string | undefined;
  /**
   * Takes a place for a stream over HTTP and ends it with its session.
   *
   * @returns whether there was one left. Absent on a WebSocket, which has its place.
   */
  openStream?: ((viewer: Context['viewer']) => boolean) | undefined;
};

export type GraphqlServer = ReturnType<typeof createGraphqlServer>;

/** Yoga: GraphQL over HTTP, SSE and GraphiQL; the WebSocket transport uses its enveloped functions. */
export function createGraphqlServer(
  services: Services,
  deps: { introspection: boolean; documents: PersistedDocuments; limits: RateLimits; logger: Logger },
) {
  const { introspection } = deps;
  const guards = createGuards(deps);
  const share = createSharedSubscribe(guards.mask);
  const subscribe: Subscribe = async (args) => (await guards.refuse(args)) ?? share(args);
  // These join the look-ups of one moment, and remember nothing: a subscription keeps its context for hours.
  const costs = {
    batchCosts: new DataLoader((ids: readonly string[]) => services.batches.costs(ids), { cache: false }),
    postCosts: new DataLoader((ids: readonly string[]) => services.usages.postCosts(ids), { cache: false }),
  };
  const yoga = createYoga<RequestContext, Context>({
    schema,
    graphqlEndpoint: graphqlPath,
    landingPage: false,
    multipart: false,
    // CORS is answered before GraphQL is asked.
    cors: false,
    logging: false,
    healthCheckEndpoint: '/health/yoga',
    maskedErrors: { maskError: (error) => guards.mask(error) },
    plugins: [...guards.plugins, pullSubscriptions(subscribe), eventStreams],
    graphiql: introspection && {
      title: 'Pressrun',
      defaultQuery: exampleOperations,
      headers: exampleHeaders,
      // The token stays in its tab when the page is opened anew.
      shouldPersistHeaders: true,
      subscriptionsProtocol: 'SSE',
    },
    renderGraphiQL,
    context: async (request) => contextOf(request, await request.viewer()),
  });
  return Object.assign(yoga, { subscribe });

  function findPosts(viewer: Context['viewer'], ids: readonly string[]) {
    if (viewer === undefined || viewer instanceof UnauthenticatedError) throw new UnauthenticatedError();
    return services.posts.findAll(viewer, ids);
  }

  function contextOf(request: RequestContext, viewer: Context['viewer']): Context {
    return {
      ...services,
      viewer,
      requestId: request.requestId,
      origin: request.origin,
      address: request.address,
      refreshCookie: request.refreshCookie,
      markSecret: request.markSecret,
      lastEventId: request.lastEventId,
      openStream: request.openStream,
      ...costs,
      postsById: new DataLoader((ids: readonly string[]) => findPosts(viewer, ids), { cache: false }),
    };
  }
}

type Subscribe = (args: OperationArgs) => Promise<Subscription | ExecutionResult>;

/** Yoga pulls results; `leave` is not waited for, as a subscriber who is gone may never be told the next one. */
const pullSubscriptions = (subscribe: Subscribe): Plugin<Context> => ({
  onSubscribe: ({ args: { contextValue }, setSubscribeFn }) =>
    setSubscribeFn(async (args: ExecutionArgs) => {
      const answer = await subscribe({ ...args, contextValue });
      if (!('deliver' in answer)) return answer;
      // Whatever the client says that it accepts: what is streamed has a place, and ends with its session.
      if (contextValue.openStream?.(contextValue.viewer) === false) {
        answer.leave();
        return { errors: [maskError(new RateLimitedError(1), () => undefined)] };
      }
      return endingWith(pull(answer), () => answer.leave());
    }),
});
