import { GraphQLError, OperationTypeNode, type DocumentNode, type ExecutionResult } from 'graphql';
import type { Cache, Outcome } from '../../cache/cache.ts';
import { createCollector, type Collector } from '../../cache/collector.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Context, OperationArgs } from '../../graphql/context.ts';
import type { Documents } from '../../graphql/execution/documents.ts';
import { schema } from '../../graphql/schema.ts';
import type { RateLimits } from '../../services/accounts/rate-limits.ts';
import { refusalOf, type Guards } from '../graphql/guards.ts';
import type { ClientInfo } from '../request/client-info.ts';
import type { GraphqlParams, RequestContext } from '../graphql/request-context.ts';
import type { PersistedDocuments } from '../graphql/persisted-documents.ts';
import { contentOf, type CachedAnswer, type Content } from './cached-answers.ts';

/** The text of an answer, or a result to serialise; and whether it came from the cache. */
export type Answer = ({ content: Content } | { result: ExecutionResult }) & { outcome: Outcome };

/** Runs operations without Yoga. */
export type FastPath = ReturnType<typeof createFastPath>;

/** Creates the fast path, with the same documents and guards as Yoga. */
export function createFastPath(deps: {
  introspection: boolean;
  documents: Documents;
  guards: Guards;
  persisted: PersistedDocuments;
  limits: RateLimits;
  cache: Cache<CachedAnswer> | undefined;
  contextOf: (request: RequestContext, viewer: Context['viewer'], reads?: Collector) => Context;
}) {
  const { introspection, documents, guards, persisted, limits, cache, contextOf } = deps;
  return { answer, answerFromMemory };

  /**
   * Runs a query or mutation of a valid document.
   *
   * @param key the cache key of the request and its viewer; undefined if the answer must not be cached.
   * @returns the answer; undefined for everything else, which Yoga handles.
   */
  async function answer(
    params: GraphqlParams,
    request: RequestContext,
    key: string | undefined,
  ): Promise<Answer | undefined> {
    const text = persisted.resolve(params) ?? params.query;
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
        const note = request.record.note ?? operation.note;
        return { value: { content, rootFields: operation.rootFields, note }, tags };
      });
      return failure === undefined ? { content: value.content, outcome } : { result: failure, outcome };
    } catch (error) {
      return { result: { errors: [guards.mask(error, request.record.requestId)] }, outcome: 'BYPASS' };
    }
  }

  /**
   * Answers from the memory of this process, without parsing the request. Rate limits apply.
   *
   * @returns undefined if the answer is not in memory; then call `answer`.
   */
  function answerFromMemory(
    key: string,
    viewer: Viewer,
    { address, record }: ClientInfo,
  ): Answer | Promise<Answer> | undefined {
    const kept = cache?.peek(key);
    if (kept === undefined) return undefined;
    const hit: Answer = { content: kept.content, outcome: 'HIT' };
    record.sees(viewer);
    record.runs(kept.note);
    const allowed = limits.operation({ workspaceId: viewer.workspaceId, address }, kept.rootFields);
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
}
