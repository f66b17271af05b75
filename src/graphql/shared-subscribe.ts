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
import { endingWith, Pages } from './pages.ts';

/** The answer to one update, as text as well: one object for all subscribers who are told the same. */
export type SharedResult = {
  data?: unknown;
  errors?: readonly GraphQLError[];
  /** Cursor to resume from; undefined for an error that ends the subscription. */
  cursor: string | undefined;
  text: string;
};

export type Subscribe = (
  args: ExecutionArgs,
) => Promise<AsyncGenerator<SharedResult, void, undefined> | ExecutionResult>;

/**
 * GraphQL's `subscribe`, but that subscribers to one stream with the same document, variables and rights
 * share one execution and one serialisation of each update. Who may subscribe is asked for each of them
 * first, by the field's own resolver.
 *
 * @param mask makes of an error what the client is told.
 */
export function createSharedSubscribe(mask: (error: unknown) => GraphQLError): Subscribe {
  // Lives as long as the update, which is as long as the stream's newest end or one page of the log.
  const shared = new WeakMap<Update, Map<string, Promise<SharedResult>>>();

  return async (args) => {
    const validated = validateSubscriptionArgs(args);
    if (!('operation' in validated)) return { errors: validated.map(mask) };
    const source: unknown = await createSourceEventStream(validated);
    if (!isPages(source)) return masked(failureSchema.parse(source), mask);
    const key = keyOf(args, validated.contextValue);

    async function execute(update: Update): Promise<SharedResult> {
      if (!('operation' in validated)) throw new TypeError('not a subscription');
      const result = masked(await executeSubscriptionEvent({ ...validated, rootValue: update }), mask);
      return { ...result, cursor: String(update.seq), text: JSON.stringify(result) };
    }

    function resultOf(update: Update): Promise<SharedResult> {
      const results = shared.get(update) ?? new Map<string, Promise<SharedResult>>();
      shared.set(update, results);
      const result = results.get(key) ?? execute(update);
      results.set(key, result);
      return result;
    }

    async function* deliver(pages: Pages<Update>): AsyncGenerator<SharedResult, void, undefined> {
      try {
        for await (const page of pages.pages) {
          // Started together, so that they look things up together.
          const results = page.map(resultOf);
          for (const result of results) yield await result;
        }
      } catch (error) {
        const errors = [mask(error)];
        yield { errors, cursor: undefined, text: JSON.stringify({ errors }) };
      }
    }
    return endingWith(deliver(source), () => source.leave());
  };
}

function masked(result: ExecutionResult, mask: (error: unknown) => GraphQLError): ExecutionResult {
  return result.errors === undefined ? result : { ...result, errors: result.errors.map(mask) };
}

function isPages(source: unknown): source is Pages<Update> {
  return source instanceof Pages;
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
