import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cache } from '../../cache/cache.ts';
import type { Collector } from '../../cache/collector.ts';
import { tagOf } from '../../cache/tags.ts';
import type { Context, OperationArgs } from '../../graphql/context.ts';
import type { Services } from '../../graphql/services.ts';
import { createDocuments } from '../../graphql/execution/documents.ts';
import { createLoaders, type Loaders } from '../../graphql/loaders.ts';
import { schema } from '../../graphql/schema.ts';
import { trackReads } from '../../graphql/tracked-services.ts';
import { createSubscribe, type SubscriptionLog } from '../../graphql/subscriptions/subscribe.ts';
import { lazily } from '../../domain/lazily.ts';
import type { RateLimits } from '../../services/accounts/rate-limits.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { CachedAnswer } from '../fast-path/cached-answers.ts';
import { createFastPath } from '../fast-path/fast-path.ts';
import { createGuards } from './guards.ts';
import type { PersistedDocuments } from './persisted-documents.ts';
import type { RequestContext } from './request-context.ts';
import type { openYoga } from './yoga.ts';

/** Serves GraphQL operations of all transports. */
export type GraphqlServer = ReturnType<typeof createGraphqlServer>;

/** Creates the GraphQL server: the fast path, and Yoga for all other requests. */
export function createGraphqlServer(
  services: Services,
  deps: {
    introspection: boolean;
    developmentAccount: boolean;
    persisted: PersistedDocuments;
    limits: RateLimits;
    cache: Cache<CachedAnswer> | undefined;
    logger: Logger;
    subscriptionLog: SubscriptionLog;
  },
) {
  const { introspection, developmentAccount } = deps;
  const documents = createDocuments({ schema, introspection, check: deps.persisted.check });
  const guards = createGuards({ ...deps, documents });
  const start = createSubscribe(guards.mask, deps.subscriptionLog);
  const subscribe = async (args: OperationArgs) =>
    (await guards.refuse(args)) ?? start({ ...args, hideSuggestions: !introspection });
  const fastPath = createFastPath({ ...deps, documents, guards, contextOf });
  /** Yoga has many modules, and most requests take the fast path: it is loaded with the first request that needs it. */
  const yoga = lazily(async () => {
    const { openYoga } = await import('./yoga.ts');
    opened = openYoga({ introspection, developmentAccount, guards, subscribe, contextOf });
    return opened;
  });
  let opened: ReturnType<typeof openYoga> | undefined;

  return {
    /** Answers a request that the fast path did not take. */
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
    fastPath,
  };

  /** @param reads collects the cache tags; undefined if the answer is not cached. */
  function contextOf(request: RequestContext, viewer: Context['viewer'], reads?: Collector): Context {
    request.record.sees(viewer);
    const used = reads === undefined ? services : trackReads(services, reads);
    if (viewer !== undefined && 'workspaceId' in viewer) reads?.add(tagOf.workspace(viewer.workspaceId));
    let loaders: Loaders | undefined;
    // Listed one by one, because spreading the services is much slower and every operation needs a context.
    return {
      prisma: used.prisma,
      accounts: used.accounts,
      workspaces: used.workspaces,
      campaigns: used.campaigns,
      batches: used.batches,
      brands: used.brands,
      deletions: used.deletions,
      planItems: used.planItems,
      planEdits: used.planEdits,
      posts: used.posts,
      postEdits: used.postEdits,
      bulkEdits: used.bulkEdits,
      progress: used.progress,
      outages: used.outages,
      quotes: used.quotes,
      usages: used.usages,
      assets: used.assets,
      looks: used.looks,
      logos: used.logos,
      logoSignatures: used.logoSignatures,
      exports: used.exports,
      viewer,
      record: request.record,
      origin: request.origin,
      address: request.address,
      refreshCookie: request.refreshCookie,
      markSecret: request.markSecret,
      lastEventId: request.lastEventId,
      openStream: request.openStream,
      now() {
        reads?.markUncacheable();
        return new Date();
      },
      loaders: () => (loaders ??= createLoaders(used)),
    };
  }
}
