import {
  NoSchemaIntrospectionCustomRule,
  parse,
  validate,
  GraphQLError,
  type ExecutionResult,
} from 'graphql';
import { handleStreamOrSingleExecutionResult, type Plugin } from 'graphql-yoga';
import { RateLimitedError } from '../domain/errors.ts';
import type { Context, OperationArgs } from '../graphql/context.ts';
import {
  checkDocumentLimits,
  countRootFields,
  documentLimits,
  tooLarge,
} from '../graphql/document-limits.ts';
import { maskError, withField } from '../graphql/mask-error.ts';
import type { RateLimits } from '../services/rate-limits.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { PersistedDocuments } from './persisted-documents.ts';

/**
 * What stands between a document and the resolvers, over HTTP, SSE and WebSocket alike: limits on documents,
 * the allow-list, rate limits, and errors that tell nothing of the inside.
 */
export function createGuards(deps: {
  introspection: boolean;
  documents: PersistedDocuments;
  limits: RateLimits;
  logger: Logger;
}): {
  plugins: Plugin<Context>[];
  /** Makes of an error what the client is told. */
  mask(error: unknown, requestId?: string): GraphQLError;
  /** @returns what a subscription is answered instead, where it is one too many. */
  refuse(args: OperationArgs): Promise<ExecutionResult | undefined>;
} {
  const { introspection, documents, limits, logger } = deps;
  const parsing: Plugin<Context> = {
    onParams({ params, setParams }) {
      const query = documents.resolve(params);
      if (query !== undefined) setParams({ ...params, query });
    },
    onParse({ setParseFn }) {
      setParseFn(parseWithinLimits);
    },
  };
  const validation: Plugin<Context> = {
    onValidate({ params, setResult, setValidationFn, addValidationRule }) {
      const refusal = checkDocumentLimits(params.documentAST) ?? documents.check(params.documentAST);
      if (refusal !== undefined) {
        setResult([refusal]);
        return undefined;
      }
      if (!introspection) addValidationRule(NoSchemaIntrospectionCustomRule);
      setValidationFn(
        (schema: Parameters<typeof validate>[0], document: Parameters<typeof validate>[1], rules) =>
          validate(schema, document, rules, { hideSuggestions: !introspection, maxErrors: 10 }),
      );
      return ({ result, setResult: replace }) => {
        if (result.length > 0) replace(result.map((error) => withField(error, params.documentAST)));
      };
    },
  };

  const masked = ({ errors, ...rest }: ExecutionResult, { requestId }: Context): ExecutionResult =>
    errors === undefined
      ? rest
      : {
          ...rest,
          errors: errors.map((error) => mask(error, requestId)),
        };
  const mask = (error: unknown, requestId?: string) =>
    maskError(error, (cause) => logger.error({ err: cause, requestId }, 'a resolver failed'), requestId);

  async function refuse(args: OperationArgs): Promise<ExecutionResult | undefined> {
    Object.assign(args, { hideSuggestions: !introspection });
    const { viewer, address } = args.contextValue;
    const fields = countRootFields(args.document, args.operationName);
    const userId = viewer !== undefined && 'userId' in viewer ? viewer.userId : undefined;
    try {
      await limits.operation({ userId, address }, fields);
      return undefined;
    } catch (error) {
      if (!(error instanceof RateLimitedError)) throw error;
      return { errors: [maskError(error, () => undefined)] };
    }
  }

  const execution: Plugin<Context> = {
    async onExecute({ args, setResultAndStopExecution }) {
      const refusal = await refuse(args);
      if (refusal !== undefined) {
        setResultAndStopExecution(refusal);
        return undefined;
      }
      return {
        onExecuteDone: (payload) =>
          handleStreamOrSingleExecutionResult(payload, ({ result, setResult }) =>
            setResult(masked(result, args.contextValue)),
          ),
      };
    },
  };
  return { plugins: [parsing, validation, execution], mask, refuse };
}

const parseWithinLimits: typeof parse = (source, options) => {
  const text = typeof source === 'string' ? source : source.body;
  if (text.length > documentLimits.characters || nestingOf(text) > documentLimits.nesting) throw tooLarge();
  try {
    return parse(source, { ...options, maxTokens: documentLimits.tokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    // graphql-js names the limit in its message.
    if (/tokens\. Parsing aborted/.test(error.message)) throw tooLarge();
    const { message, source: origin, positions } = error;
    throw new GraphQLError(message, { source: origin, positions, extensions: { code: 'SYNTAX_ERROR' } });
  }
};

/** How deep brackets stand within brackets: the parser and what follows it have a stack to lose. */
function nestingOf(text: string): number {
  const bare = text.replace(/"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|#.*/g, '');
  let depth = 0;
  let deepest = 0;
  for (const character of bare) {
    if ('{[('.includes(character)) deepest = Math.max(deepest, (depth += 1));
    else if ('}])'.includes(character)) depth -= 1;
  }
  return deepest;
}
