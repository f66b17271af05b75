import type { ExecutionArgs, ExecutionResult } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { RateLimitedError } from '../../domain/errors/errors.ts';
import type { Context, OperationArgs } from '../../graphql/context.ts';
import { maskError } from '../../graphql/execution/mask-error.ts';
import type { Results } from '../../graphql/subscriptions/subscribe.ts';
import { schema } from '../../graphql/schema.ts';
import { eventStreams } from './event-stream.ts';
import type { Guards } from './guards.ts';
import { graphqlPath, type RequestContext } from './request-context.ts';

/** Creates Yoga for HTTP, SSE and GraphiQL. The WebSocket transport uses its enveloped functions. */
export function openYoga(deps: {
  introspection: boolean;
  developmentAccount: boolean;
  guards: Guards;
  subscribe: Subscribe;
  contextOf(request: RequestContext, viewer: Context['viewer']): Context;
}) {
  const { introspection, developmentAccount, guards, subscribe, contextOf } = deps;
  return createYoga<RequestContext, Context>({
    schema,
    graphqlEndpoint: graphqlPath,
    landingPage: false,
    multipart: false,
    // The route handles CORS.
    cors: false,
    logging: false,
    healthCheckEndpoint: '/health/yoga',
    parserAndValidationCache: false,
    maskedErrors: { maskError: (error) => guards.mask(error) },
    plugins: [...guards.plugins, subscriptions(subscribe), eventStreams],
    graphiql: introspection,
    // Loaded on demand, because the page is large and rarely used.
    renderGraphiQL: async () =>
      (await import('./graphiql/page.ts')).renderPage({
        title: 'Pressrun',
        endpoint: graphqlPath,
        developmentAccount,
      }),
    context: async (request) => contextOf(request, await request.viewer()),
  });
}

type Subscribe = (args: OperationArgs) => Promise<Results | ExecutionResult>;

const subscriptions = (subscribe: Subscribe): Plugin<Context> => ({
  onSubscribe: ({ args: { contextValue }, setSubscribeFn }) =>
    setSubscribeFn(async (args: ExecutionArgs) => {
      const answer = await subscribe({ ...args, contextValue });
      if (!(Symbol.asyncIterator in answer)) return answer;
      // Every stream must be registered, whatever media type the client accepts.
      if (contextValue.openStream?.(contextValue.viewer) !== false) return answer;
      const refusal = { errors: [maskError(new RateLimitedError(1), () => undefined)] };
      contextValue.record.answers(refusal);
      await answer.return();
      return refusal;
    }),
});
