import {
  createSourceEventStream,
  executeSubscriptionEvent,
  GraphQLError,
  validateSubscriptionArgs,
  type ExecutionResult,
} from 'graphql';
import { z } from 'zod';
import { RetryableError } from '../../domain/errors/errors.ts';
import type { Update } from '../../services/progress/progress.ts';
import { openAudience, type Audience, type SharedResult } from './audience.ts';
import type { OperationArgs } from '../context.ts';
import { Followed } from './followed.ts';
import { maskErrors } from '../execution/mask-error.ts';
import { shareKey } from './share-key.ts';
import { Subscriber, type Sharing, type Subscription } from './subscriber.ts';
import { failureOf } from './update-failure.ts';
import { checkKept } from '../execution/variable-limits.ts';

/**
 * GraphQL's `subscribe`, but that subscribers to one stream with the same document, variables and rights
 * share one execution and one serialisation of each update. Who may subscribe is asked for each of them
 * first, by the field's own resolver.
 *
 * @param mask makes of an error what the client is told.
 */
export function createSharedSubscribe(maskError: (error: unknown, requestId?: string) => GraphQLError) {
  const sharings = new Map<string, Sharing>();

  return async (args: OperationArgs): Promise<Subscription | ExecutionResult> => {
    const { requestId } = args.contextValue;
    const mask = (error: unknown) => maskError(error, requestId);
    const refusal = checkKept(args.variableValues);
    if (refusal !== undefined) return { errors: [refusal] };
    const validated = validateSubscriptionArgs(args);
    if (!('operation' in validated)) return { errors: maskErrors(validated, mask) };
    const answer: unknown = await createSourceEventStream(validated);
    if (!isFollowed(answer)) return masked(failureSchema.parse(answer), mask);
    const { first, follow } = answer.source;
    const key = shareKey(args);
    // Variables that the document does not declare are not kept.
    const kept = { ...validated, rawVariableValues: undefined };
    const execute = async (update: Update): Promise<SharedResult | undefined> => {
      const result = await executeSubscriptionEvent({ ...kept, rootValue: update });
      if (result.errors === undefined) {
        return { ...result, cursor: String(update.seq), text: JSON.stringify(result) };
      }
      const failure = failureOf(update.kind, result.errors);
      if (failure === undefined) return undefined;
      // Masked here, once for all who share it: a fault of ours is one line in the log.
      throw failure instanceof RetryableError ? failure : mask(failure);
    };
    return new Subscriber(sharings.get(key) ?? share(key, { follow, execute, mask }), first);
  };

  /** Known under its key from its first subscriber to its last. */
  function share(key: string, own: Pick<Sharing, 'follow' | 'execute' | 'mask'>): Sharing {
    // Live as long as the update: what is at the newest end of a stream is also shared by those who catch up.
    const results = new WeakMap<Update, ReturnType<Sharing['execute']>>();
    let audience: Audience | undefined;
    let subscribers = 0;

    function execute(update: Update): ReturnType<Sharing['execute']> {
      const known = results.get(update);
      if (known !== undefined) return known;
      const result = own.execute(update);
      results.set(update, result);
      // Whoever comes next asks anew.
      result.catch(() => results.delete(update));
      return result;
    }

    const sharing: Sharing = {
      ...own,
      execute,
      audience() {
        const current =
          audience ??
          openAudience(own.follow, execute, () => {
            if (audience === current) audience = undefined;
          });
        audience = current;
        return current;
      },
      enter() {
        subscribers += 1;
        sharings.set(key, sharing);
      },
      leave() {
        subscribers -= 1;
        if (subscribers === 0 && sharings.get(key) === sharing) sharings.delete(key);
      },
    };
    return sharing;
  }
}

function masked(result: ExecutionResult, mask: (error: unknown) => GraphQLError): ExecutionResult {
  return result.errors === undefined ? result : { ...result, errors: maskErrors(result.errors, mask) };
}

function isFollowed(answer: unknown): answer is Followed {
  return answer instanceof Followed;
}

const failureSchema = z.object({ errors: z.array(z.instanceof(GraphQLError)) });
