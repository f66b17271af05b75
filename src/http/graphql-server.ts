import DataLoader from 'dataloader';
import type { ExecutionArgs } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { UnauthenticatedError } from '../domain/errors.ts';
import type { Context, Services } from '../graphql/context.ts';
import { maskError, withField } from '../graphql/mask-error.ts';
import { schema } from '../graphql/schema.ts';
import { endingWith, pull } from '../graphql/pull.ts';
import { createSharedSubscribe } from '../graphql/shared-subscribe.ts';
import type { Logger } from '../telemetry/logger.ts';
import { eventStreams } from './event-stream.ts';
import { exampleOperations } from './graphiql-examples.ts';

export const graphqlPath = '/graphql';

/** What the transports know of a request before GraphQL does. */
export type RequestContext = {
  requestId: string;
  /** Where the client reached this server, such as `http://127.0.0.1:4000`. */
  origin: string;
  /** Who asks; a transport that lives longer than a request authenticates when it connects. */
  viewer: () => Promise<Context['viewer']>;
  /** The newest `id` that an `EventSource` has of an earlier stream. */
  lastEventId?: string | undefined;
};

export type GraphqlServer = ReturnType<typeof createGraphqlServer>;

/** Yoga: GraphQL over HTTP, SSE and GraphiQL; the WebSocket transport uses its enveloped functions. */
export function createGraphqlServer(services: Services, logger: Logger) {
  const mask = (error: unknown) =>
    maskError(error, (cause) => logger.error({ err: cause }, 'request failed'));
  const subscribe = createSharedSubscribe(mask);
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
    logging: false,
    healthCheckEndpoint: '/health/yoga',
    maskedErrors: { maskError: mask },
    plugins: [nameInvalidFields, shareSubscriptions(subscribe), eventStreams],
    graphiql: { title: 'Pressrun', defaultQuery: exampleOperations, subscriptionsProtocol: 'SSE' },
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
      origin: request.origin,
      lastEventId: request.lastEventId,
      ...costs,
      postsById: new DataLoader((ids: readonly string[]) => findPosts(viewer, ids), { cache: false }),
    };
  }
}

/** Yoga pulls results; `leave` is not waited for, as a subscriber who is gone may never be told the next one. */
const shareSubscriptions = (subscribe: ReturnType<typeof createSharedSubscribe>): Plugin => ({
  onSubscribe: ({ setSubscribeFn }) =>
    setSubscribeFn(async (args: ExecutionArgs) => {
      const answer = await subscribe(args);
      return 'deliver' in answer ? endingWith(pull(answer), answer.leave) : answer;
    }),
});

const nameInvalidFields: Plugin = {
  onValidate:
    ({ params }) =>
    ({ result, setResult }) => {
      if (result.length > 0) setResult(result.map((error) => withField(error, params.documentAST)));
    },
};
