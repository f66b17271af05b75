import DataLoader from 'dataloader';
import { createYoga, type Plugin } from 'graphql-yoga';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { Context, Services } from '../graphql/context.ts';
import { maskError, withField } from '../graphql/mask-error.ts';
import { schema } from '../graphql/schema.ts';
import type { Logger } from '../telemetry/logger.ts';
import { exampleHeaders, exampleOperations } from './graphiql-examples.ts';

export const graphqlPath = '/graphql';

/** What the transports know of a request before GraphQL does. */
export type RequestContext = {
  requestId: string;
  /** Where the client reached this server, such as `http://127.0.0.1:4000`. */
  origin: string;
  /** Who asks; a transport that lives longer than a request authenticates when it connects. */
  viewer: () => Promise<Context['viewer']>;
};

export type GraphqlServer = ReturnType<typeof createGraphqlServer>;

/** Yoga: GraphQL over HTTP, SSE and GraphiQL; the WebSocket transport uses its enveloped functions. */
export function createGraphqlServer(services: Services, logger: Logger) {
  return createYoga<RequestContext, Context>({
    schema,
    graphqlEndpoint: graphqlPath,
    landingPage: false,
    multipart: false,
    logging: false,
    healthCheckEndpoint: '/health/yoga',
    maskedErrors: {
      maskError: (error) => maskError(error, (cause) => logger.error({ err: cause }, 'request failed')),
    },
    plugins: [nameInvalidFields],
    graphiql: {
      title: 'Pressrun',
      defaultQuery: exampleOperations,
      headers: exampleHeaders,
      // The token stays in its tab when the page is opened anew.
      shouldPersistHeaders: true,
      subscriptionsProtocol: 'SSE',
    },
    renderGraphiQL,
    context: async (request) => ({
      ...services,
      viewer: await request.viewer(),
      origin: request.origin,
      // Joins the look-ups of one moment. It remembers nothing: a subscription keeps its context for minutes.
      batchCosts: new DataLoader((ids: readonly string[]) => services.batches.costs(ids), { cache: false }),
      postCosts: new DataLoader((ids: readonly string[]) => services.usages.postCosts(ids), { cache: false }),
    }),
  });
}

const nameInvalidFields: Plugin = {
  onValidate:
    ({ params }) =>
    ({ result, setResult }) => {
      if (result.length > 0) setResult(result.map((error) => withField(error, params.documentAST)));
    },
};
