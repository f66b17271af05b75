import { createHash } from 'node:crypto';
import {
  createSourceEventStream,
  executeSubscriptionEvent,
  GraphQLError,
  Kind,
  print,
  validateSubscriptionArgs,
  visit,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql';
import { z } from 'zod';
import type { Update } from '../services/progress.ts';
import type { Context } from './context.ts';
import { Followed } from './followed.ts';

/** Results that may wait for a subscriber who pulls; more are read from the log when it is ready. */
const maxQueued = 64;

/** The answer to one update, as text as well: one object for all subscribers who are told the same. */
export type SharedResult = {
  data?: unknown;
  errors?: readonly GraphQLError[];
  /** Cursor to resume from; undefined for an error that ends the subscription. */
  cursor: string | undefined;
  text: string;
};

/** Where a subscriber's results go. */
export type Sink = {
  /** @returns false where it can take no more for now; then nothing was taken. */
  push(result: SharedResult): boolean;
  /** Resolves when it can take more, or never will. */
  drained(): Promise<void>;
};

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
export function createSharedSubscribe(mask: (error: unknown) => GraphQLError) {
  const audiences = new Map<string, Audience>();
  // Lives as long as the update: what is at the newest end of a stream is also shared by those who catch up.
  const shared = new WeakMap<Update, Map<string, Promise<SharedResult>>>();

  return async (args: ExecutionArgs): Promise<Subscription | ExecutionResult> => {
    const validated = validateSubscriptionArgs(args);
    if (!('operation' in validated)) return { errors: validated.map(mask) };
    const answer: unknown = await createSourceEventStream(validated);
    if (!isFollowed(answer)) return masked(failureSchema.parse(answer), mask);
    const { source } = answer;
    const key = keyOf(args, validated.contextValue);
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
      for await (const page of source.follow(member.seen, stop.signal)) {
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
        const member: Member = { sink, seen: source.first.seq };
        try {
          await push(member, source.first, await execute(source.first));
          while (await catchUp(member)) {
            const audience = audiences.get(key) ?? openAudience(source, execute, () => audiences.delete(key));
            audiences.set(key, audience);
            if ((await audience.join(member, stop.signal)) === 'over') return;
            await sink.drained();
          }
        } catch (error) {
          const errors = [mask(error)];
          sink.push({ errors, cursor: undefined, text: JSON.stringify({ errors }) });
        }
      },
    };
  };
}

type Member = { sink: Sink; seen: number };

/** Why a member is one no more: the stream or its own interest is over, or it could not take what it was told. */
type Parting = 'over' | 'behind';

type Audience = {
  /** @returns at once where the member does not have all that the others have been told. */
  join(member: Member, signal: AbortSignal): Promise<Parting>;
};

/** Subscribers who are told the same at the same time. Closes when the last one has left. */
function openAudience(
  source: Followed['source'],
  execute: (update: Update) => Promise<SharedResult>,
  onClose: () => void,
): Audience {
  const members = new Map<Member, { part(why: Parting): void; fail(error: unknown): void }>();
  const stop = new AbortController();
  let running: Promise<void> | undefined;
  /** Place of the newest event that the members were told. */
  let told = 0;

  async function run(after: number): Promise<void> {
    for await (const page of source.follow(after, stop.signal)) {
      const results = await Promise.all(page.map(execute));
      told = page.at(-1)?.seq ?? told;
      for (const [member, { part }] of members) {
        for (const [index, update] of page.entries()) {
          const result = results[index];
          const isNews = update.kind === 'stage' ? update.seq >= member.seen : update.seq > member.seen;
          if (!isNews || result === undefined) continue;
          if (!member.sink.push(result)) {
            part('behind');
            break;
          }
          member.seen = update.seq;
        }
      }
    }
  }

  function close(): void {
    stop.abort();
    onClose();
  }

  return {
    async join(member, signal) {
      if (member.seen < told) return 'behind';
      const { promise, resolve, reject } = Promise.withResolvers<Parting>();
      const leave = () => part('over');
      const part = (why: Parting) => {
        signal.removeEventListener('abort', leave);
        members.delete(member);
        if (members.size === 0) close();
        resolve(why);
      };
      signal.addEventListener('abort', leave, { once: true });
      members.set(member, { part, fail: reject });
      running ??= run(member.seen).then(
        () => {
          for (const { part: end } of members.values()) end('over');
        },
        (error: unknown) => {
          for (const [one, { fail }] of members) {
            members.delete(one);
            fail(error);
          }
          close();
        },
      );
      if (signal.aborted) leave();
      return promise;
    },
  };
}

/** The same for transports that pull. */
export async function* pull({ deliver, leave }: Subscription): AsyncGenerator<SharedResult, void, undefined> {
  let queue: SharedResult[] = [];
  let isOver = false;
  let onMore: (() => void) | undefined;
  let onDrained: (() => void) | undefined;
  const sink: Sink = {
    push(result) {
      if (queue.length >= maxQueued) return false;
      queue.push(result);
      onMore?.();
      return true;
    },
    drained: () =>
      queue.length < maxQueued || isOver ? Promise.resolve() : new Promise((resolve) => (onDrained = resolve)),
  };
  const delivered = deliver(sink).finally(() => {
    isOver = true;
    onMore?.();
  });
  try {
    for (;;) {
      const taken = queue;
      queue = [];
      onDrained?.();
      yield* taken;
      if (queue.length > 0) continue;
      if (isOver) return;
      await new Promise<void>((resolve) => (onMore = resolve));
    }
  } finally {
    isOver = true;
    leave();
    onDrained?.();
    await delivered;
  }
}

/**
 * An async generator that waits for its next value does not hear `return()` until it comes; a subscriber who
 * leaves must not be waited for.
 */
export function endingWith<T>(
  generator: AsyncGenerator<T, void, undefined>,
  onEnd: () => void,
): AsyncGenerator<T, void, undefined> {
  const end = generator.return.bind(generator);
  generator.return = (value) => {
    onEnd();
    return end(value);
  };
  return generator;
}

function masked(result: ExecutionResult, mask: (error: unknown) => GraphQLError): ExecutionResult {
  return result.errors === undefined ? result : { ...result, errors: result.errors.map(mask) };
}

function isFollowed(answer: unknown): answer is Followed {
  return answer instanceof Followed;
}

const failureSchema = z.object({ errors: z.array(z.instanceof(GraphQLError)) });

/** What has to be the same for an answer to be the same: the question, who asks, and where they reached us. */
function keyOf({ document, operationName, variableValues }: ExecutionArgs, context: unknown): string {
  const { text, cursorVariable } = describe(document);
  const variables = Object.entries(variableValues ?? {})
    .filter(([name]) => name !== cursorVariable)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([text, operationName ?? null, variables, rightsOf(context)]))
    .digest('base64');
}

function rightsOf(context: unknown): unknown[] {
  if (!isContext(context)) throw new TypeError('not a context');
  return [context.viewer !== undefined && 'userId' in context.viewer ? context.viewer.userId : null, context.origin];
}

function isContext(value: unknown): value is Context {
  return typeof value === 'object' && value !== null && 'viewer' in value && 'origin' in value;
}

type Description = { text: string; cursorVariable: string | undefined };

const descriptions = new WeakMap<DocumentNode, Description>();

/**
 * The document in one spelling, and the variable that only says where its reader begins: used once, as the
 * argument `after` of the subscription itself.
 */
function describe(document: DocumentNode): Description {
  const known = descriptions.get(document);
  if (known !== undefined) return known;
  let cursorVariable: string | undefined;
  const uses: string[] = [];
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void uses.push(name.value),
    OperationDefinition({ selectionSet }) {
      for (const field of selectionSet.selections) {
        if (field.kind !== Kind.FIELD) continue;
        const value = field.arguments?.find(({ name }) => name.value === 'after')?.value;
        if (value?.kind === Kind.VARIABLE) cursorVariable = value.name.value;
      }
    },
  });
  if (uses.filter((name) => name === cursorVariable).length !== 1) cursorVariable = undefined;
  const description = { text: print(document), cursorVariable };
  descriptions.set(document, description);
  return description;
}
