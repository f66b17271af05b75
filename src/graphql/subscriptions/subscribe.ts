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
import type { RequestRecord } from '../execution/request-record.ts';
import { checkSubscriptionVariables } from '../execution/variable-limits.ts';
import { failureOf } from './update-failure.ts';
import { UpdateStream } from './update-stream.ts';

/** The cursor of a result, to resume after it. Transports may send it; it is not part of the result's JSON. */
export const cursor = Symbol('cursor');

/** The result of one update. */
export type UpdateResult = ExecutionResult & { [cursor]: number };

/** The results of a subscription. `return` ends it at once, even while it waits for its next update. */
export type Results = AsyncGenerator<UpdateResult, void, undefined>;

/** The number of updates executed at once: loaders read them together, and their results wait in memory. */
const chunkSize = 20;

/**
 * Creates a `subscribe` function like graphql-js', with two differences: an update that cannot be read is retried for some
 * seconds, and an update about a deleted row is skipped.
 *
 * @param maskError returns the error that the client sees.
 * @param log is told of the start and the end of each subscription.
 * @returns a function that returns results. They throw a GraphQLError if the subscription cannot continue; no update was
 *   lost until then, so the client may resume.
 */
export function createSubscribe(
  maskError: (error: unknown, requestId?: string) => GraphQLError,
  log: SubscriptionLog,
) {
  return async (args: OperationArgs): Promise<Results | ExecutionResult> => {
    const { record } = args.contextValue;
    const mask = (error: unknown) => maskError(error, record.requestId);
    const refusal = checkSubscriptionVariables(args.variableValues);
    if (refusal !== undefined) return { errors: [refusal] };
    const validated = validateSubscriptionArgs(args);
    if (!('operation' in validated)) return { errors: maskErrors(validated, mask) };
    const source: unknown = await createSourceEventStream(validated);
    if (!isUpdateStream(source)) {
      return { errors: maskErrors(failureSchema.parse(source).errors, mask) };
    }
    // The raw variables may hold more than the document declares: do not keep them.
    const kept = { ...validated, rawVariableValues: undefined };
    const execute = (update: Update) => executeSubscriptionEvent({ ...kept, rootValue: update });
    let isOpen = true;
    const ended = (outcome: 'ok' | 'left') => {
      if (isOpen) log.ended(record, outcome);
      isOpen = false;
    };
    const fail = (error: unknown) => {
      const masked = mask(error);
      record.answers({ errors: [masked] });
      return masked;
    };
    log.started(record);
    const results = resultsOf(source, execute, { fail, ended });
    // A generator that waits for its next value does not react to `return` before that value arrives.
    const end = results.return.bind(results);
    results.return = (value) => {
      source.stop();
      ended('left');
      return end(value);
    };
    return results;
  };
}

/** The log of subscriptions. */
export type SubscriptionLog = {
  started(record: RequestRecord): void;
  /** @param outcome `ok` if nothing follows, `left` if the client ended it; a noted code says more. */
  ended(record: RequestRecord, outcome: 'ok' | 'left'): void;
};

type Execute = (update: Update) => ExecutionResult | Promise<ExecutionResult>;

async function* resultsOf(
  source: Pick<AnyStream, 'pages' | 'signal'>,
  execute: Execute,
  on: { fail(error: unknown): GraphQLError; ended(outcome: 'ok'): void },
): Results {
  const { pages, signal } = source;
  try {
    for await (const page of pages) {
      for (let start = 0; start < page.length; start += chunkSize) {
        const executions = page
          .slice(start, start + chunkSize)
          .map((update) => executeUpdate(update, execute, signal));
        // Results before a failed one are still sent.
        for (const execution of executions) execution.catch(() => undefined);
        for (const execution of executions) {
          const result = await execution;
          if (signal.aborted) return;
          if (result !== undefined) yield result;
        }
      }
    }
  } catch (error) {
    if (!signal.aborted) throw on.fail(error);
  } finally {
    on.ended('ok');
  }
}

/** @returns undefined if the rows of the update were deleted meanwhile. */
function executeUpdate(
  update: Update,
  execute: Execute,
  signal: AbortSignal,
): Promise<UpdateResult | undefined> {
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
