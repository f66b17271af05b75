import {
  GraphQLError,
  OperationTypeNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { RateLimitedError } from '../domain/errors.ts';
import type { Context, OperationArgs, Services } from '../graphql/context.ts';
import { createDocuments } from '../graphql/documents.ts';
import { createLoaders, type Loaders } from '../graphql/loaders.ts';
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

/** What GraphQL is asked over HTTP. */
export type GraphqlParams = {
  query?: string | null | undefined;
  operationName?: string | null | undefined;
  variables?: Record<string, unknown> | null | undefined;
  extensions?: Record<string, unknown> | null | undefined;
};

export type GraphqlServer = ReturnType<typeof createGraphqlServer>;

/** Yoga: GraphQL over HTTP, SSE and GraphiQL; the WebSocket transport uses its enveloped functions. */
export function createGraphqlServer(
  services: Services,
  deps: { introspection: boolean; persisted: PersistedDocuments; limits: RateLimits; logger: Logger },
) {
  const { introspection } = deps;
  const documents = createDocuments({ schema, introspection, check: deps.persisted.check });
  const guards = createGuards({ ...deps, documents });
  const share = createSharedSubscribe(guards.mask);
  const subscribe: Subscribe = async (args) => (await guards.refuse(args)) ?? share(args);
  const yoga = createYoga<RequestContext, Context>({
    schema,
    graphqlEndpoint: graphqlPath,
    landingPage: false,
    multipart: false,
    // CORS is answered before GraphQL is asked.
    cors: false,
    logging: false,
    healthCheckEndpoint: '/health/yoga',
    parserAndValidationCache: false,
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
    // Its page is 9 MB of text, which few servers ever show.
    renderGraphiQL: async (page) => (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(page),
    context: async (request) => contextOf(request, await request.viewer()),
  });
  return Object.assign(yoga, { subscribe, answer });

  /**
   * Runs what goes well as far as its execution: a query or mutation of a document that may run.
   *
   * @returns undefined for anything else; Yoga knows what to answer.
   */
  async function answer(
    params: GraphqlParams,
    request: RequestContext,
  ): Promise<ExecutionResult | undefined> {
    const text = deps.persisted.resolve(params) ?? params.query;
    const document = text == null ? undefined : runnable(text);
    if (document === undefined) return undefined;
    const operation = documents.operation(document, params.operationName);
    if (operation === undefined || operation.type === OperationTypeNode.SUBSCRIPTION) return undefined;
    try {
      const contextValue = contextOf(request, await request.viewer());
      const { variables: variableValues, operationName } = params;
      return await guards.run({ schema, document, contextValue, variableValues, operationName });
    } catch (error) {
      return { errors: [guards.mask(error, request.requestId)] };
    }
  }

  function runnable(text: string): DocumentNode | undefined {
    try {
      const document = documents.parse(text);
      return documents.validate(document).length === 0 ? document : undefined;
    } catch (error) {
      if (error instanceof GraphQLError) return undefined;
      throw error;
    }
  }

  function contextOf(request: RequestContext, viewer: Context['viewer']): Context {
    // Most requests need none.
    let loaders: Loaders | undefined;
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
      get loaders() {
        return (loaders ??= createLoaders(services));
      },
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
