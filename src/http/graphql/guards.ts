import { execute, GraphQLError, type ExecutionArgs, type ExecutionResult, type Source } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { RateLimitedError } from '../../domain/errors/errors.ts';
import type { OperationArgs, Context } from '../../graphql/context.ts';
import type { Documents, Operation } from '../../graphql/execution/documents.ts';
import { answerTooLarge, isTooLarge } from '../../graphql/execution/answer-size.ts';
import { maskError, maskErrors } from '../../graphql/execution/mask-error.ts';
import { requireShallow } from '../../graphql/execution/variable-limits.ts';
import type { RateLimits } from '../../services/accounts/rate-limits.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { PersistedDocuments } from './persisted-documents.ts';

export type Guards = {
  plugins: Plugin<Context>[];
  /** Makes of an error what the client is told. */
  mask(error: unknown, requestId?: string): GraphQLError;
  /**
   * @param operation of the document, where it is known already.
   * @returns what an operation is answered instead, where it is one too many. Most are let through at once.
   */
  refuse(args: OperationArgs, operation?: Operation): Promise<ExecutionResult | undefined> | undefined;
  /** Runs a query or mutation that was not refused; its errors are those that clients are told. */
  run(args: OperationArgs, operation?: Operation): Promise<ExecutionResult>;
};

/**
 * What stands between a document and the resolvers, over HTTP, SSE and WebSocket alike: limits on documents,
 * the allow-list, rate limits, and errors that tell nothing of the inside.
 */
export function createGuards(deps: {
  introspection: boolean;
  documents: Documents;
  persisted: PersistedDocuments;
  limits: RateLimits;
  logger: Logger;
}): Guards {
  const { introspection, documents, persisted, limits, logger } = deps;
  const parsing: Plugin<Context> = {
    onRequestParse({ requestParser, setRequestParser }) {
      if (requestParser !== undefined) setRequestParser((request) => parseRequest(request, requestParser));
    },
    onParams({ params, setParams }) {
      requireShallow(params.variables);
      const query = persisted.resolve(params);
      if (query !== undefined) setParams({ ...params, query });
    },
    onParse({ setParseFn }) {
      setParseFn((source: Source | string) =>
        documents.parse(typeof source === 'string' ? source : source.body),
      );
    },
    onValidate({ params, setResult }) {
      setResult([...documents.validate(params.documentAST)]);
    },
  };

  const mask = (error: unknown, requestId?: string) =>
    maskError(error, (cause) => logger.error({ err: cause, requestId }, 'a resolver failed'), requestId);

  const operationOf = ({ document, operationName }: OperationArgs) =>
    documents.operation(document, operationName);

  function refuse(
    args: OperationArgs,
    operation = operationOf(args),
  ): Promise<ExecutionResult | undefined> | undefined {
    const { viewer, address } = args.contextValue;
    const workspaceId = viewer !== undefined && 'workspaceId' in viewer ? viewer.workspaceId : undefined;
    return limits
      .operation({ workspaceId, address }, operation?.rootFields ?? 1)
      ?.then(() => undefined, refusalOf);
  }

  async function run(args: OperationArgs, operation = operationOf(args)): Promise<ExecutionResult> {
    const result: ExecutionResult = await (operation?.run ?? execute)(args);
    if (operation?.mayBeTooLarge === true && isTooLarge(result.data)) return { errors: [answerTooLarge()] };
    if (result.errors === undefined) return result;
    const { requestId } = args.contextValue;
    return { ...result, errors: maskErrors(result.errors, (error) => mask(error, requestId)) };
  }

  const execution: Plugin<Context> = {
    onExecute: ({ args: { contextValue }, setExecuteFn }) =>
      setExecuteFn(async (executed: ExecutionArgs) => {
        const args = { ...executed, contextValue, hideSuggestions: !introspection };
        return (await refuse(args)) ?? run(args);
      }),
  };
  return { plugins: [parsing, execution], mask, refuse, run };
}

type RequestParser = NonNullable<Parameters<NonNullable<Plugin['onRequestParse']>>[0]['requestParser']>;

/** Replaces what Yoga throws for text in an address that is no JSON. */
async function parseRequest(request: Request, parse: RequestParser) {
  try {
    return await parse(request);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new GraphQLError('"variables" and "extensions" in an address must be JSON.', {
      extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
    });
  }
}

/** What an operation is answered that is one too many. @throws what is no such refusal. */
export function refusalOf(error: unknown): ExecutionResult {
  if (!(error instanceof RateLimitedError)) throw error;
  return { errors: [maskError(error, () => undefined)] };
}
