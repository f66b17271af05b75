import type { IncomingMessage, ServerResponse } from 'node:http';
import { GraphQLError, OperationTypeNode, type DocumentNode, type ExecutionResult } from 'graphql';
import type { Cache, Outcome } from '../../cache/cache.ts';
import { createCollector, type Collector } from '../../cache/collector.ts';
import { tagOf } from '../../cache/tags.ts';
import type { Context, OperationArgs, Services } from '../../graphql/context.ts';
import { createDocuments } from '../../graphql/execution/documents.ts';
import { createLoaders, type Loaders } from '../../graphql/loaders.ts';
import { schema } from '../../graphql/schema.ts';
import { trackReads } from '../../graphql/tracked-services.ts';
import { createSharedSubscribe } from '../../graphql/subscriptions/shared-subscribe.ts';
import { lazily } from '../../domain/lazily.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { RateLimits } from '../../services/accounts/rate-limits.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { contentOf, type CachedAnswer, type Content } from './cached-answers.ts';
import { createGuards, refusalOf } from './guards.ts';
import type { PersistedDocuments } from './persisted-documents.ts';
import type { openYoga } from './yoga.ts';

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
  viewer: () => Context['viewer'] | Promise<Context['viewer']>;
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

/** GraphQL, however it is asked: the short way of most requests, and Yoga for all others. */
export function createGraphqlServer(
  services: Services,
  deps: {
    introspection: boolean;
    persisted: PersistedDocuments;
    limits: RateLimits;
    cache: Cache<CachedAnswer> | undefined;
    logger: Logger;
  },
) {
  const { introspection, cache, limits } = deps;
  const documents = createDocuments({ schema, introspection, check: deps.persisted.check });
  const guards = createGuards({ ...deps, documents });
  const share = createSharedSubscribe(guards.mask);
  const subscribe = async (args: OperationArgs) =>
    (await guards.refuse(args)) ?? share({ ...args, hideSuggestions: !introspection });
  /** Yoga and what it brings are a quarter of all modules, and most requests go past it: loaded when one does not. */
  const yoga = lazily(async () => {
    const { openYoga } = await import('./yoga.ts');
    opened = openYoga({ introspection, guards, subscribe, contextOf });
    return opened;
  });
  let opened: ReturnType<typeof openYoga> | undefined;

  return {
    /** Answers what the short way has not: Yoga knows how. */
    async handle(request: IncomingMessage, response: ServerResponse, context: RequestContext): Promise<void> {
      await (
        await yoga()
      )(request, response, context);
    },
    async getEnveloped(request: RequestContext) {
      return (await yoga()).getEnveloped(request);
    },
    async dispose() {
      await opened?.dispose();
    },
    subscribe,
    answer,
    answerFromMemory,
  };

  /**
   * Runs what goes well as far as its execution: a query or mutation of a document that may run.
   *
   * @param key names the request, and who asks, for the cache; undefined where its answer is not to be kept.
   * @returns undefined for anything else; Yoga knows what to answer.
   */
  async function answer(
    params: GraphqlParams,
    request: RequestContext,
    key: string | undefined,
  ): Promise<Answer | undefined> {
    const text = deps.persisted.resolve(params) ?? params.query;
    const document = text == null ? undefined : runnable(text);
    if (document === undefined) return undefined;
    const { variables: variableValues, operationName } = params;
    const operation = documents.operation(document, operationName);
    if (operation === undefined || operation.type === OperationTypeNode.SUBSCRIPTION) return undefined;
    const argsFor = (contextValue: Context): OperationArgs => ({
      schema,
      document,
      contextValue,
      variableValues,
      operationName,
      hideSuggestions: !introspection,
    });
    try {
      const viewer = await request.viewer();
      const args = argsFor(contextOf(request, viewer));
      const refusing = guards.refuse(args, operation);
      const refusal = refusing === undefined ? undefined : await refusing;
      if (refusal !== undefined) return { result: refusal, outcome: 'BYPASS' };
      if (cache === undefined || key === undefined || operation.type !== OperationTypeNode.QUERY) {
        return { result: await guards.run(args, operation), outcome: 'BYPASS' };
      }
      let failure: ExecutionResult | undefined;
      const { value, outcome } = await cache.get(key, async () => {
        const reads = createCollector();
        const result = await guards.run(argsFor(contextOf(request, viewer, reads)), operation);
        if (result.errors !== undefined) failure = result;
        const content = contentOf(JSON.stringify(result));
        const tags = result.errors === undefined ? reads.tags() : undefined;
        return { value: { content, rootFields: operation.rootFields }, tags };
      });
      return failure === undefined ? { content: value.content, outcome } : { result: failure, outcome };
    } catch (error) {
      return { result: { errors: [guards.mask(error, request.requestId)] }, outcome: 'BYPASS' };
    }
  }

  /**
   * Answers without reading the request, where memory has its answer and the limits allow it.
   *
   * @returns undefined where `answer` is to be asked.
   */
  function answerFromMemory(
    key: string,
    { workspaceId }: Viewer,
    address: string,
  ): Answer | Promise<Answer> | undefined {
    const kept = cache?.peek(key);
    if (kept === undefined) return undefined;
    const hit: Answer = { content: kept.content, outcome: 'HIT' };
    const allowed = limits.operation({ workspaceId, address }, kept.rootFields);
    return allowed === undefined
      ? hit
      : allowed.then(
          () => hit,
          (error: unknown) => ({ result: refusalOf(error), outcome: 'BYPASS' }),
        );
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

  /** @param reads is told what is read, where the answer may be kept. */
  function contextOf(request: RequestContext, viewer: Context['viewer'], reads?: Collector): Context {
    const used = reads === undefined ? services : trackReads(services, reads);
    if (viewer !== undefined && 'workspaceId' in viewer) reads?.add(tagOf.workspace(viewer.workspaceId));
    let loaders: Loaders | undefined;
    // One by one: every operation makes one, and to spread the services takes ten times as long.
    return {
      prisma: used.prisma,
      accounts: used.accounts,
      workspaces: used.workspaces,
      campaigns: used.campaigns,
      batches: used.batches,
      posts: used.posts,
      postEdits: used.postEdits,
      progress: used.progress,
      outages: used.outages,
      quotes: used.quotes,
      usages: used.usages,
      assets: used.assets,
      exports: used.exports,
      viewer,
      requestId: request.requestId,
      origin: request.origin,
      address: request.address,
      refreshCookie: request.refreshCookie,
      markSecret: request.markSecret,
      lastEventId: request.lastEventId,
      openStream: request.openStream,
      now() {
        reads?.spoil();
        return new Date();
      },
      loaders: () => (loaders ??= createLoaders(used)),
    };
  }
}

/** An answer as it is sent, or a result that is still to be written; and what the cache had to do with it. */
export type Answer = ({ content: Content } | { result: ExecutionResult }) & { outcome: Outcome };
