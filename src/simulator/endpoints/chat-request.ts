import { z } from 'zod';
import { JsonSchemaSchema, strictFault, type JsonSchema } from '../copy/json-schema.ts';
import { fromZodError, invalidRequest } from '../behaviour/errors.ts';
import { requireModel } from '../models.ts';
import { checkDialect, type Dialect } from '../dialects.ts';

const ContentSchema = z.union([
  z.string(),
  z.array(z.looseObject({ type: z.string(), text: z.string().optional() })).min(1),
]);

const ResponseFormatSchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    json_schema: z.looseObject({
      name: z.string().regex(/^[\w-]{1,64}$/),
      schema: JsonSchemaSchema,
      strict: z.boolean().nullish(),
    }),
  }),
]);

const ToolSchema = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({ name: z.string().regex(/^[\w-]{1,64}$/), parameters: JsonSchemaSchema }),
});

// Loose: the real endpoint takes some forty parameters that do not change what the simulator writes.
const ChatRequestSchema = z.looseObject({
  model: z.string().min(1),
  messages: z
    .array(
      z.looseObject({
        role: z.enum(['developer', 'system', 'user', 'assistant', 'tool']),
        content: ContentSchema.nullish(),
      }),
    )
    .min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  response_format: ResponseFormatSchema.optional(),
  tools: z.array(ToolSchema).optional(),
  tool_choice: z
    .looseObject(
      { type: z.literal('function'), function: z.looseObject({ name: z.string() }) },
      { error: 'the simulator calls no tool of its own accord' },
    )
    .optional(),
  max_completion_tokens: z.int().positive().nullish(),
  max_tokens: z.int().positive().nullish(),
  n: z.literal(1, { error: 'the simulator writes one choice a call' }).nullish(),
});
export type ChatRequest = z.output<typeof ChatRequestSchema>;

/** Reads a chat completion request. Throws ApiError 400 or 404 where the real endpoint would. */
export function readChatRequest(body: unknown, dialect: Dialect): ChatRequest {
  checkDialect(dialect, body);
  const parsed = ChatRequestSchema.safeParse(body);
  if (!parsed.success) throw fromZodError(parsed.error);
  const request = parsed.data;
  requireModel(dialect, 'chat', request.model);
  if (request.tool_choice !== undefined && toolOf(request) === undefined) {
    throw invalidRequest("Invalid value for 'tool_choice': no such tool.", 'tool_choice', 'invalid_value');
  }
  if (request.tool_choice !== undefined && request.stream) {
    throw invalidRequest('The simulator does not stream tool calls.', 'stream', 'invalid_value');
  }
  if (request.max_tokens != null && /^(gpt-5|o\d)/.test(request.model)) {
    throw invalidRequest(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'max_tokens',
      'unsupported_parameter',
    );
  }
  const format = request.response_format;
  // An endpoint with keywords of its own has no strict mode.
  if (format?.type === 'json_schema' && format.json_schema.strict && dialect.keywords === undefined) {
    const fault = strictFault(format.json_schema.schema);
    if (fault !== undefined) {
      const message = `Invalid schema for response_format '${format.json_schema.name}': ${fault}`;
      throw invalidRequest(message, 'response_format', 'invalid_json_schema');
    }
  }
  return request;
}

/** The tool that the model has to call, if any. */
export function toolOf({ tools, tool_choice: choice }: ChatRequest) {
  return tools?.find((tool) => tool.function.name === choice?.function.name)?.function;
}

/** The schema that the answer has to satisfy, if any. */
export function schemaOf(request: ChatRequest): JsonSchema | undefined {
  const format = request.response_format;
  if (format?.type === 'json_schema') return format.json_schema.schema;
  return toolOf(request)?.parameters;
}

/** All text of all messages: what the model reads, what faults match on, what the call list counts by. */
export function promptOf(request: ChatRequest): string {
  return request.messages
    .map(({ content }) =>
      typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join('\n'),
    )
    .join('\n\n');
}
