import { execute, type ExecutionArgs, type ExecutionResult, type GraphQLError, type Source } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { RateLimitedError } from '../domain/errors.ts';
import type { OperationArgs, Context } from '../graphql/context.ts';
import type { Documents } from '../graphql/documents.ts';
import { maskError } from '../graphql/mask-error.ts';
import type { RateLimits } from '../services/rate-limits.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { PersistedDocuments } from './persisted-documents.ts';

export type Guards = {
  plugins: Plugin<Context>[];
  /** Makes of an error what the client is told. */
  mask(error: unknown, requestId?: string): GraphQLError;
  /** @returns what an operation is answered instead, where it is one too many. */
  refuse(args: OperationArgs): Promise<ExecutionResult | undefined>;
  /** Runs a query or mutation that was not refused; its errors are those that clients are told. */
  run(args: OperationArgs): Promise<ExecutionResult>;
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
    onParams({ params, setParams }) {
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

  async function refuse(args: OperationArgs): Promise<ExecutionResult | undefined> {
    Object.assign(args, { hideSuggestions: !introspection });
    const { viewer, address } = args.contextValue;
    const fields = documents.operation(args.document, args.operationName)?.rootFields ?? 1;
    const userId = viewer !== undefined && 'userId' in viewer ? viewer.userId : undefined;
    try {
      await limits.operation({ userId, address }, fields);
      return undefined;
    } catch (error) {
      if (!(error instanceof RateLimitedError)) throw error;
      return { errors: [maskError(error, () => undefined)] };
    }
  }

  async function run(args: OperationArgs): Promise<ExecutionResult> {
    const compiled = documents.operation(args.document, args.operationName)?.compiled();
    const result: ExecutionResult = await (compiled ?? execute)(args);
    if (result.errors === undefined) return result;
    const { requestId } = args.contextValue;
    return { ...result, errors: result.errors.map((error) => mask(error, requestId)) };
  }

  const execution: Plugin<Context> = {
    onExecute: ({ args: { contextValue }, setExecuteFn }) =>
      setExecuteFn(async (executed: ExecutionArgs) => {
        const args = { ...executed, contextValue };
        return (await refuse(args)) ?? run(args);
      }),
  };
  return { plugins: [parsing, execution], mask, refuse, run };
}
