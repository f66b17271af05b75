import {
  createSourceEventStream,
  executeSubscriptionEvent,
  GraphQLError,
  validateSubscriptionArgs,
  type ExecutionResult,
} from 'graphql';
import { z } from 'zod';
import type { BatchState, PostState, Update, WorkspaceState } from '../../services/progress/progress.ts';
import { keepReading } from '../../store/keep-trying.ts';
import type { OperationArgs } from '../context.ts';
import { maskErrors } from '../execution/mask-error.ts';
import { checkKept } from '../execution/variable-limits.ts';
import { failureOf } from './update-failure.ts';
import { UpdateStream } from './update-stream.ts';

/** The cursor to resume from behind a result. Transports may send it; it is not part of the result's JSON. */
export const cursor = Symbol('cursor');

/** What a subscriber is told of one update. */
export type Told = ExecutionResult & { [cursor]: number };

/** The results of a subscription. `return` ends it at once, also while it waits for its next update. */
export type Results = AsyncGenerator<Told, void, undefined>;

/** How many updates of a page are executed together: they are looked up together, and their results wait to be sent. */
const executedTogether = 20;

/**
 * GraphQL's `subscribe`, but that an update that cannot be read is tried again for some seconds, and one that tells of
 * something deleted is left out.
 *
 * @param maskError turns an error into what the client is told.
 * @returns results; they throw a GraphQLError when the subscription cannot go on. Nothing was left out until then, so
 *   the client may resume it.
 */
export function createSubscribe(maskError: (error: unknown, requestId?: string) => GraphQLError) {
  return async (args: OperationArgs): Promise<Results | ExecutionResult> => {
    const { requestId } = args.contextValue;
    const mask = (error: unknown) => maskError(error, requestId);
    const refusal = checkKept(args.variableValues);
    if (refusal !== undefined) return { errors: [refusal] };
    const validated = validateSubscriptionArgs(args);
    if (!('operation' in validated)) return { errors: maskErrors(validated, mask) };
    const source: unknown = await createSourceEventStream(validated);
    if (!isUpdateStream(source)) {
      return { errors: maskErrors(failureSchema.parse(source).errors, mask) };
    }
    // Variables that the document does not declare are not kept.
    const kept = { ...validated, rawVariableValues: undefined };
    const execute = (update: Update) => executeSubscriptionEvent({ ...kept, rootValue: update });
    const results = resultsOf(source, execute, mask);
    // A generator that waits for its next value hears `return` only when that has come.
    const end = results.return.bind(results);
    results.return = (value) => {
      source.stop();
      return end(value);
    };
    return results;
  };
}

type Execute = (update: Update) => ExecutionResult | Promise<ExecutionResult>;

async function* resultsOf(
  source: Pick<AnyStream, 'pages' | 'signal'>,
  execute: Execute,
  mask: (error: unknown) => GraphQLError,
): Results {
  const { pages, signal } = source;
  try {
    for await (const page of pages) {
      for (let start = 0; start < page.length; start += executedTogether) {
        const together = page
          .slice(start, start + executedTogether)
          .map((update) => tell(update, execute, signal));
        // What precedes one that fails is told.
        for (const told of together) told.catch(() => undefined);
        for (const telling of together) {
          const told = await telling;
          if (signal.aborted) return;
          if (told !== undefined) yield told;
        }
      }
    }
  } catch (error) {
    if (!signal.aborted) throw mask(error);
  }
}

/** @returns undefined when all that the update tells of was deleted meanwhile. */
function tell(update: Update, execute: Execute, signal: AbortSignal): Promise<Told | undefined> {
  return keepReading(async () => {
    const result = await execute(update);
    if (result.errors === undefined) return Object.assign(result, { [cursor]: update.seq });
    const failure = failureOf(update.kind, result.errors);
    if (failure === undefined) return undefined;
    throw failure;
  }, signal);
}

type AnyStream = UpdateStream<BatchState> | UpdateStream<WorkspaceState> | UpdateStream<PostState>;

function isUpdateStream(source: unknown): source is AnyStream {
  return source instanceof UpdateStream;
}

const failureSchema = z.object({ errors: z.array(z.instanceof(GraphQLError)) });
