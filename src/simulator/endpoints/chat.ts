import { randomUUID } from 'node:crypto';
import { contentOf, writeContent, type Asked } from '../copy/answer.ts';
import type { FlawedCall } from '../copy/flaws/caption.ts';
import { createWriter } from '../copy/writer.ts';
import { countTokens } from './endpoint.ts';
import type { PrepareCall, Product } from './endpoint.ts';
import type { FaultKind } from '../behaviour/faults.ts';
import type { Dialect } from '../dialects.ts';
import { promptOf, readChatRequest, schemaOf, toolOf } from './chat-request.ts';
import type { ChatRequest } from './chat-request.ts';

/** Streams are cut into about this many chunks, each of at least this many characters. */
const MOST_PIECES = 40;
const SHORTEST_PIECE = 12;
/** About an item of a plan, so that each item arrives when it is written. */
const LONGEST_PIECE = 240;
/** What the latency of a call has time to write. A plan beyond it takes longer. */
const TOKENS_AT_ONCE = 150;
const MS_PER_TOKEN = 1000 / 120;
const REFUSAL = 'I’m sorry, but I can’t help with that request. [simulated]';

/** Tokens of the frame around each message and around the answer. */
const TOKENS_PER_MESSAGE = 4;

/** `POST /v1/chat/completions`. */
export const prepareChat: PrepareCall = (body, seed, dialect) => {
  const request = readChatRequest(body, dialect);
  const prompt = promptOf(request);
  const inputTokens = countPromptTokens(request, prompt);
  // The real limiter also charges the greater of the two, before it knows how long the answer is.
  const charged = Math.max(inputTokens, request.max_completion_tokens ?? request.max_tokens ?? 0);
  const asked = {
    prompt,
    schema: schemaOf(request),
    isJson: request.response_format?.type === 'json_object',
  };
  const content = contentOf(asked);
  return {
    model: request.model,
    prompt,
    cost: { requests: 1, tokens: charged, images: 0 },
    streamed: request.stream ?? false,
    content,
    async produce({ fault, sha256, flaws }) {
      const answer = write(request, asked, fault, { prompt, sha256, seed, book: flaws }, dialect);
      const plannedTokens = content === 'plan' ? answer.outputTokens : 0;
      const extraMs = Math.max(0, plannedTokens - TOKENS_AT_ONCE) * MS_PER_TOKEN;
      return { ...createCompletion(request, answer, inputTokens), extraMs };
    },
  };
};

function countPromptTokens(request: ChatRequest, prompt: string): number {
  const schema = schemaOf(request);
  const schemaTokens = schema === undefined ? 0 : countTokens(JSON.stringify(schema));
  return countTokens(prompt) + schemaTokens + TOKENS_PER_MESSAGE * request.messages.length;
}

type Answer = {
  readonly content: string | null;
  readonly refusal: string | null;
  readonly finishReason: 'stop' | 'length' | 'tool_calls' | 'content_filter';
  readonly outputTokens: number;
};

function write(
  request: ChatRequest,
  asked: Asked,
  fault: FaultKind | undefined,
  call: FlawedCall,
  { refusesBy }: Dialect,
): Answer {
  if (fault === 'refusal') {
    const outputTokens = countTokens(REFUSAL);
    return refusesBy === 'refusal'
      ? { content: null, refusal: REFUSAL, finishReason: 'stop', outputTokens }
      : { content: null, refusal: null, finishReason: 'content_filter', outputTokens };
  }
  const whole = writeContent(asked, fault, call);
  const written =
    fault === 'bad_json' ? breakContent(whole, createWriter(call.prompt, call.seed).seed) : whole;
  const mostTokens = request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY;
  const tokens = countTokens(written);
  if (tokens <= mostTokens) {
    const finishReason = toolOf(request) === undefined ? 'stop' : 'tool_calls';
    return { content: written, refusal: null, finishReason, outputTokens: tokens };
  }
  const content = Buffer.from(written)
    .subarray(0, mostTokens * 4)
    .toString();
  return { content, refusal: null, finishReason: 'length', outputTokens: mostTokens };
}

/** Half of all bad answers stop in the middle; the others are JSON of the wrong shape. The prompt decides which. */
function breakContent(content: string, seed: number): string {
  return seed % 2 === 0
    ? content.slice(0, content.length / 2)
    : '{"simulated":"not what the schema asks for"}';
}

function createCompletion(request: ChatRequest, answer: Answer, inputTokens: number): Product {
  const { content, refusal, finishReason, outputTokens } = answer;
  const frame = {
    id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(Date.now() / 1000),
    model: request.model,
    system_fingerprint: 'simulated',
    service_tier: 'default',
  };
  const usage = {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
  const billed = { inputTokens, outputTokens, images: 0 };
  if (!request.stream) {
    const tool = toolOf(request);
    const isCall = tool !== undefined && content !== null;
    const called = {
      id: 'call_simulated',
      type: 'function',
      function: { name: tool?.name, arguments: content },
    };
    const message = isCall
      ? { role: 'assistant', content: null, refusal, tool_calls: [called] }
      : { role: 'assistant', content, refusal, annotations: [] };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReason }];
    return { kind: 'json', usage: billed, body: { ...frame, object: 'chat.completion', choices, usage } };
  }

  const withUsage = request.stream_options?.include_usage ?? false;
  const chunk = (choices: unknown[], chunkUsage: unknown): string =>
    JSON.stringify({
      ...frame,
      object: 'chat.completion.chunk',
      choices,
      // With include_usage every chunk has the key, and only the last one a value.
      ...(withUsage ? { usage: chunkUsage } : {}),
    });
  const delta = (value: object, reason: string | null = null): string =>
    chunk([{ index: 0, delta: value, logprobs: null, finish_reason: reason }], null);
  const pieces =
    content === null
      ? refusal === null
        ? []
        : [{ refusal }]
      : split(content).map((piece) => ({ content: piece }));
  return {
    kind: 'stream',
    usage: billed,
    events: [
      delta({ role: 'assistant', content: content === null ? null : '', refusal: null }),
      ...pieces.map((piece) => delta(piece)),
      delta({}, finishReason),
      ...(withUsage ? [chunk([], usage)] : []),
      '[DONE]',
    ],
  };
}

function split(content: string): string[] {
  // Code points, so that no emoji is split.
  const characters = Array.from(content);
  const even = Math.ceil(characters.length / MOST_PIECES);
  const length = Math.min(LONGEST_PIECE, Math.max(SHORTEST_PIECE, even));
  const pieces: string[] = [];
  for (let start = 0; start < characters.length; start += length) {
    pieces.push(characters.slice(start, start + length).join(''));
  }
  return pieces;
}
