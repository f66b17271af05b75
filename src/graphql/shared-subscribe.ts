import {
  createSourceEventStream,
  executeSubscriptionEvent,
  GraphQLError,
  validateSubscriptionArgs,
  type ExecutionResult,
} from 'graphql';
import { z } from 'zod';
import type { OperationArgs } from './context.ts';
import type { Update } from '../services/progress.ts';
import { openAudience, type Audience, type Member, type SharedResult, type Sink } from './audience.ts';
import { Followed } from './followed.ts';
import { shareKey } from './share-key.ts';

/** A subscription that was granted. */
export type Subscription = {
  /** Hands everything to the sink; resolves at the end of the stream, or when the subscriber has left. */
  deliver(sink: Sink): Promise<void>;
  leave(): void;
};

/**
 * GraphQL's `subscribe`, but that subscribers to one stream with the same document, variables and rights
 * share one execution and one serialisation of each update. Who may subscribe is asked for each of them
 * first, by the field's own resolver.
 *
 * @param mask makes of an error what the client is told.
 */
export function createSharedSubscribe(maskError: (error: unknown, requestId?: string) => GraphQLError) {
  const audiences = new Map<string, Audience>();
  // Lives as long as the update: what is at the newest end of a stream is also shared by those who catch up.
  const shared = new WeakMap<Update, Map<string, Promise<SharedResult>>>();

  return async (args: OperationArgs): Promise<Subscription | ExecutionResult> => {
    const { requestId } = args.contextValue;
    const mask = (error: unknown) => maskError(error, requestId);
    const validated = validateSubscriptionArgs(args);
    if (!('operation' in validated)) return { errors: validated.map(mask) };
    const answer: unknown = await createSourceEventStream(validated);
    if (!isFollowed(answer)) return masked(failureSchema.parse(answer), mask);
    // The first update holds rows, and a subscription lasts for hours: it is let go when it is told.
    let first: Update | undefined = answer.source.first;
    const { follow } = answer.source;
    const key = shareKey(args);
    const stop = new AbortController();

    const run = async (update: Update): Promise<SharedResult> => {
      const result = masked(await executeSubscriptionEvent({ ...validated, rootValue: update }), mask);
      return { ...result, cursor: String(update.seq), text: JSON.stringify(result) };
    };

    const execute = (update: Update): Promise<SharedResult> => {
      const results = shared.get(update) ?? new Map<string, Promise<SharedResult>>();
      shared.set(update, results);
      const result = results.get(key) ?? run(update);
      results.set(key, result);
      return result;
    };

    /** The subscriber's own way to where the others are. @returns false at the end of the stream. */
    async function catchUp(member: Member): Promise<boolean> {
      for await (const page of follow(member.seen, stop.signal)) {
        if (page.length === 0) return true;
        // Started together, so that they look things up together.
        const results = await Promise.all(page.map(execute));
        for (const [index, update] of page.entries()) {
          const result = results[index];
          if (result !== undefined) await push(member, update, result);
          if (stop.signal.aborted) return false;
        }
      }
      return false;
    }

    async function push(member: Member, update: Update, result: SharedResult): Promise<void> {
      while (!member.sink.push(result) && !stop.signal.aborted) await member.sink.drained();
      member.seen = update.seq;
    }

    return {
      leave: () => stop.abort(),
      async deliver(sink) {
        if (first === undefined) throw new Error('a subscription is delivered once');
        const member: Member = { sink, seen: first.seq };
        try {
          await push(member, first, await execute(first));
          first = undefined;
          while (await catchUp(member)) {
            const audience: Audience =
              audiences.get(key) ??
              openAudience(follow, execute, () => {
                if (audiences.get(key) === audience) audiences.delete(key);
              });
            audiences.set(key, audience);
            if ((await audience.join(member, stop.signal)) === 'over') return;
            await sink.drained();
          }
        } catch (error) {
          const errors = [mask(error)];
          const failure = { errors, cursor: undefined, text: JSON.stringify({ errors }) };
          while (!sink.push(failure) && !stop.signal.aborted) await sink.drained();
        }
      },
    };
  };
}

function masked(result: ExecutionResult, mask: (error: unknown) => GraphQLError): ExecutionResult {
  return result.errors === undefined ? result : { ...result, errors: result.errors.map(mask) };
}

function isFollowed(answer: unknown): answer is Followed {
  return answer instanceof Followed;
}

const failureSchema = z.object({ errors: z.array(z.instanceof(GraphQLError)) });
