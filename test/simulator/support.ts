import OpenAI from 'openai';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { createSimulator } from '../../src/simulator/server.ts';
import type { Control, SimulatorSettings } from '../../src/simulator/server.ts';

export type RunningSimulator = {
  readonly url: string;
  /** The address without `/v1`, where `/control/` lives. */
  readonly origin: string;
  readonly openai: OpenAI;
  readonly control: Control;
  readonly stop: () => Promise<void>;
};

/** A thousand times faster than real time, so that no test waits for a model to think. */
const FAST = 0.001;
/** A minute that never passes within a test, for tests about limits that must not refill. */
export const FROZEN = 1000;
/** No thinking at all, whatever the time scale is. */
export const INSTANT = {
  captionLatencyMs: { p05: 0, p95: 0 },
  imageLatencyMs: { p05: 0, p95: 0 },
  embeddingLatencyMs: { p05: 0, p95: 0 },
} satisfies SimulatorSettings;

/** Starts a simulator on a free port and stops it when the test ends. */
export async function startSimulator(settings: SimulatorSettings = {}): Promise<RunningSimulator> {
  const simulator = createSimulator({ timeScale: FAST, ...settings });
  const { url } = await simulator.start();
  onTestFinished(simulator.stop);
  return {
    url,
    origin: new URL(url).origin,
    openai: connect(url),
    control: simulator.control,
    stop: simulator.stop,
  };
}

/** The real SDK, without its own retries. */
export function connect(url: string, apiKey = 'simulated'): OpenAI {
  return new OpenAI({ baseURL: url, apiKey, maxRetries: 0 });
}

/** The prompt that the application sends: instructions around a block with the brief. */
export function promptFor(brief: object): string {
  return `Write one post.\n<brief>\n${JSON.stringify(brief, null, 2)}\n</brief>`;
}

/** The structured output that the application asks for. */
const POST_FORMAT = {
  type: 'json_schema',
  json_schema: {
    name: 'post',
    strict: true,
    schema: {
      type: 'object',
      properties: { caption: { type: 'string' }, hashtags: { type: 'array', items: { type: 'string' } } },
      required: ['caption', 'hashtags'],
      additionalProperties: false,
    },
  },
} satisfies OpenAI.ResponseFormatJSONSchema;

/** The request for one post as the application sends it. */
export function postRequest(prompt: string): OpenAI.ChatCompletionCreateParamsNonStreaming {
  return {
    model: 'gpt-5.4-mini',
    messages: [
      { role: 'developer', content: 'You write social media posts.' },
      { role: 'user', content: prompt },
    ],
    response_format: POST_FORMAT,
  };
}

const PostSchema = z.strictObject({ caption: z.string(), hashtags: z.array(z.string()) });
export type Post = z.output<typeof PostSchema>;

/** Asks for one post and reads it as the application does: strictly. */
export async function writePost(openai: OpenAI, brief: object): Promise<Post> {
  const completion = await openai.chat.completions.create(postRequest(promptFor(brief)));
  return PostSchema.parse(JSON.parse(completion.choices[0]?.message.content ?? ''));
}

/** Asks for one picture and gives its bytes. */
export async function drawPicture(
  openai: OpenAI,
  prompt: string,
  options: PictureOptions = {},
): Promise<Buffer> {
  const answer = await openai.images.generate({ model: 'gpt-image-2', prompt, ...options });
  return Buffer.from(answer.data?.[0]?.b64_json ?? '', 'base64');
}

type PictureOptions = Partial<Pick<OpenAI.ImageGenerateParamsNonStreaming, 'size' | 'quality' | 'n'>>;
