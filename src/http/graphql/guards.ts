import {
  execute,
  getOperationAST,
  GraphQLError,
  type ExecutionArgs,
  type ExecutionResult,
  type Source,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { RateLimitedError } from '../../domain/errors/errors.ts';
import type { OperationArgs, Context } from '../../graphql/context.ts';
import type { Documents, Operation } from '../../graphql/execution/documents.ts';
import { answerTooLarge, isTooLarge } from '../../graphql/execution/answer-size.ts';
import { maskError, maskErrors } from '../../graphql/execution/mask-error.ts';
import { idsIn, noteOf } from '../../graphql/execution/request-record.ts';
import { requireShallow } from '../../graphql/execution/variable-limits.ts';
import type { RateLimits } from '../../services/accounts/rate-limits.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { PersistedDocuments } from './persisted-documents.ts';
import type { RequestContext } from './request-context.ts';

/** The checks before and after execution, for all transports. */
export type Guards = {
  /** The checks as plugins of Yoga. */
  plugins: Plugin<Context, RequestContext>[];
  /** @returns the error that the client may see. */
  mask(error: unknown, requestId?: string): GraphQLError;
  /**
   * Notes the operation for the log, and applies the rate limits.
   *
   * @param operation the operation of the document, if it is already known.
   * @returns the answer to send if the limit is exceeded. Undefined at once for most operations.
   */
  refuse(args: OperationArgs, operation?: Operation): Promise<ExecutionResult | undefined> | undefined;
  /** Runs a query or mutation and masks its errors. */
  run(args: OperationArgs, operation?: Operation): Promise<ExecutionResult>;
};

/**
 * Creates the guards for HTTP, SSE and WebSocket: document limits, the allow-list, rate limits and error masking.
 */
export function createGuards(deps: {
  introspection: boolean;
  documents: Documents;
  persisted: PersistedDocuments;
  limits: RateLimits;
  logger: Logger;
}): Guards {
  const { introspection, documents, persisted, limits, logger } = deps;
  const parsing: Plugin<Context, RequestContext> = {
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
    onValidate({ params, setResult, context }) {
      const errors = documents.validate(params.documentAST);
      const operation = errors.length === 0 ? undefined : getOperationAST(params.documentAST);
      if (operation != null) context.record.runs(noteOf(params.documentAST, operation));
      setResult([...errors]);
    },
    onResultProcess({ result, serverContext }) {
      serverContext.record.answers(result);
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
    const { viewer, address, record } = args.contextValue;
    if (operation !== undefined) {
      const { note } = operation;
      record.runs({ ...note, ids: idsIn([note.ids, args.variableValues]) });
    }
    const workspaceId = viewer !== undefined && 'workspaceId' in viewer ? viewer.workspaceId : undefined;
    return limits
      .operation({ workspaceId, address }, operation?.rootFields ?? 1)
      ?.then(() => undefined, refusalOf);
  }

  async function run(args: OperationArgs, operation = operationOf(args)): Promise<ExecutionResult> {
    const result: ExecutionResult = await (operation?.run ?? execute)(args);
    if (operation?.mayBeTooLarge === true && isTooLarge(result.data)) return { errors: [answerTooLarge()] };
    if (result.errors === undefined) return result;
    const { requestId } = args.contextValue.record;
    return { ...result, errors: maskErrors(result.errors, (error) => mask(error, requestId)) };
  }

  const execution: Plugin<Context, RequestContext> = {
    onExecute: ({ args: { contextValue }, setExecuteFn }) =>
      setExecuteFn(async (executed: ExecutionArgs) => {
        const args = { ...executed, contextValue, hideSuggestions: !introspection };
        return (await refuse(args)) ?? run(args);
      }),
  };
  return { plugins: [parsing, execution], mask, refuse, run };
}

type RequestParser = NonNullable<Parameters<NonNullable<Plugin['onRequestParse']>>[0]['requestParser']>;

/** Replaces Yoga's error for invalid JSON in a query string. */
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

/** @returns the answer for a RateLimitedError. @throws every other error. */
export function refusalOf(error: unknown): ExecutionResult {
  if (!(error instanceof RateLimitedError)) throw error;
  return { errors: [maskError(error, () => undefined)] };
}
