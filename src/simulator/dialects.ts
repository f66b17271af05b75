import { z } from 'zod';
import { ApiError, invalidRequest } from './behaviour/errors.ts';
import type { Endpoint } from './endpoints/names.ts';

/** Providers whose endpoint with OpenAI's API the simulator can play. */
export const DialectNameSchema = z.enum(['openai', 'anthropic', 'gemini', 'ollama']);
export type DialectName = z.output<typeof DialectNameSchema>;

/** What an endpoint does otherwise than OpenAI's. */
export type Dialect = {
  /** Names of the models of each endpoint that there is. */
  readonly models: Partial<Readonly<Record<Endpoint, RegExp>>>;
  readonly needsKey: boolean;
  /** Parameters that it refuses. */
  readonly refused: readonly string[];
  /** The keywords of a JSON schema that it knows; undefined: any. */
  readonly keywords?: ReadonlySet<string>;
  /** How a chat answer says that the model refused: in words of its own, or only in why it ended. */
  readonly refusesBy: 'refusal' | 'content_filter';
  readonly requestIdHeader: 'x-request-id' | 'request-id';
  /** Whether its answers carry the limits. */
  readonly tellsLimits: boolean;
  /** Puts an error in its own words. */
  readonly phrase: (error: ApiError) => Pick<ApiError, 'status' | 'headers'> & { readonly body: unknown };
};

const geminiKeywords = `anyOf default description enum example format items maxItems maxLength maxProperties maximum
  minItems minLength minProperties minimum nullable pattern properties propertyOrdering required title type`;

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  openai: {
    models: {
      images: /^(gpt-image|chatgpt-image)/,
      embeddings: /^text-embedding-/,
      chat: /^(gpt-(?!image)|chatgpt-(?!image)|o\d)/,
    },
    needsKey: true,
    refused: [],
    refusesBy: 'refusal',
    requestIdHeader: 'x-request-id',
    tellsLimits: true,
    phrase: (error) => error,
  },
  anthropic: {
    models: { chat: /^claude-/ },
    needsKey: true,
    // The real one ignores it, and answers in prose.
    refused: ['response_format'],
    refusesBy: 'content_filter',
    requestIdHeader: 'request-id',
    tellsLimits: true,
    phrase: (error) => {
      if (error.code !== 'insufficient_quota') return reworded(error, { code: null });
      const message = 'Your credit balance is too low to access the Anthropic API (simulated).';
      return reworded(error, { status: 400, type: 'invalid_request_error', code: null, message });
    },
  },
  gemini: {
    models: { chat: /^gemini-(?!embedding)/, embeddings: /^gemini-embedding-/ },
    needsKey: true,
    refused: [],
    keywords: new Set(geminiKeywords.split(/\s+/)),
    refusesBy: 'content_filter',
    requestIdHeader: 'x-request-id',
    tellsLimits: false,
    phrase: (error) => {
      const isKey = error.code === 'invalid_api_key';
      const status = isKey ? 400 : error.status;
      const message = isKey ? 'API key not valid. Please pass a valid API key.' : error.message;
      const details =
        error.code === 'insufficient_quota' ? [{ quotaId: 'GenerateRequestsPerDayPerProject' }] : [];
      // An array, as the real one answers.
      return {
        status,
        headers: error.headers,
        body: [{ error: { code: status, message, status: error.type, details } }],
      };
    },
  },
  ollama: {
    models: { chat: /^(?!gpt-|claude-|gemini-)/, embeddings: /embed/ },
    needsKey: false,
    // The real one ignores it, and writes on.
    refused: ['max_completion_tokens'],
    refusesBy: 'content_filter',
    requestIdHeader: 'x-request-id',
    tellsLimits: false,
    phrase: (error) => error,
  },
};

function reworded(error: ApiError, changes: Partial<Pick<ApiError, 'status' | 'type' | 'code' | 'message'>>) {
  const { status, message, type, param, code, headers } = error;
  return new ApiError({ status, message, type, param, code, headers, ...changes });
}

/** Throws ApiError 400 for a parameter, or a keyword of a JSON schema, that the endpoint does not take. */
export function checkDialect({ refused, keywords }: Dialect, body: unknown): void {
  const given = RequestSchema.safeParse(body).data ?? {};
  const parameter = refused.find((name) => given[name] != null);
  if (parameter !== undefined) {
    throw invalidRequest(`${parameter}: Extra inputs are not permitted`, parameter, 'unsupported_parameter');
  }
  if (keywords === undefined) return;
  const schema = FormatSchema.safeParse(given['response_format']).data?.json_schema.schema;
  const unknown = schema && unknownKeyword(schema, keywords);
  if (unknown !== undefined) {
    throw invalidRequest(`Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`);
  }
}

const RequestSchema = z.record(z.string(), z.unknown());
const FormatSchema = z.object({ json_schema: z.object({ schema: RequestSchema }) });

function unknownKeyword(schema: Record<string, unknown>, known: ReadonlySet<string>): string | undefined {
  const unknown = Object.keys(schema).find((keyword) => !known.has(keyword));
  if (unknown !== undefined) return unknown;
  const properties = RequestSchema.safeParse(schema['properties']).data ?? {};
  const anyOf = z.array(z.unknown()).safeParse(schema['anyOf']).data ?? [];
  for (const value of [...Object.values(properties), ...anyOf, schema['items']]) {
    const nested = RequestSchema.safeParse(value).data;
    const found = nested && unknownKeyword(nested, known);
    if (found !== undefined) return found;
  }
  return undefined;
}
