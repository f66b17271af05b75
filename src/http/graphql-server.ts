import DataLoader from 'dataloader';
import { createYoga } from 'graphql-yoga';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { Context, Services } from '../graphql/context.ts';
import { maskError } from '../graphql/mask-error.ts';
import { schema } from '../graphql/schema.ts';
import type { RateLimits } from '../services/rate-limits.ts';
import type { Logger } from '../telemetry/logger.ts';
import { exampleOperations } from './graphiql-examples.ts';
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
  /** Who asks; a transport that lives longer than a request authenticates when it connects. */
  viewer: () => Promise<Context['viewer']>;
};

export type GraphqlServer = ReturnType<typeof createGraphqlServer>;

/** Yoga: GraphQL over HTTP, SSE and GraphiQL; the WebSocket transport uses its enveloped functions. */
export function createGraphqlServer(
  services: Services,
  deps: { introspection: boolean; documents: PersistedDocuments; limits: RateLimits; logger: Logger },
) {
  const { introspection, logger } = deps;
  return createYoga<RequestContext, Context>({
    schema,
    graphqlEndpoint: graphqlPath,
    landingPage: false,
    multipart: false,
    // CORS is answered before GraphQL is asked.
    cors: false,
    logging: false,
    healthCheckEndpoint: '/health/yoga',
    maskedErrors: {
      maskError: (error) => maskError(error, (cause) => logger.error({ err: cause }, 'request failed')),
    },
    plugins: createGuards(deps),
    graphiql: introspection && {
      title: 'Pressrun',
      defaultQuery: exampleOperations,
      subscriptionsProtocol: 'SSE',
    },
    renderGraphiQL,
    context: async (request) => ({
      ...services,
      viewer: await request.viewer(),
      requestId: request.requestId,
      origin: request.origin,
      address: request.address,
      refreshCookie: request.refreshCookie,
      // Joins the look-ups of one moment. It remembers nothing: a subscription keeps its context for minutes.
      batchCosts: new DataLoader((ids: readonly string[]) => services.batches.costs(ids), { cache: false }),
      postCosts: new DataLoader((ids: readonly string[]) => services.usages.postCosts(ids), { cache: false }),
    }),
  });
}
