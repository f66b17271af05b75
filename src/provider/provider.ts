import type { z } from 'zod';
import type { ProviderLimits } from '../domain/errors/provider-errors.ts';
import type { Usage } from '../domain/money/pricing.ts';
import type { ChannelLimits } from '../domain/posts/channels.ts';
import type { ImageQuality } from '../domain/posts/usage.ts';

/** What one call bought. */
export type Purchase<T> = {
  value: T;
  /** Undefined if the provider reports none, or an impossible one. */
  usage: Usage | undefined;
  /** The provider's id of the request. */
  requestId: string | undefined;
  /** The account's limits, as far as the answer's headers say. */
  limits: ProviderLimits;
};

/** A conversation, and where its answer must stop. */
export type Conversation = {
  messages: readonly { role: 'system' | 'user' | 'assistant'; content: string }[];
  maxTokens: number;
};

/**
 * `schema` checks the whole answer. The model is told only what its provider understands of it. `onText` gets each piece of the
 * answer's JSON when it arrives: all of it at once from a provider that does not stream objects.
 */
export type ObjectRequest<T> = Conversation & {
  schema: z.ZodType<T>;
  onText?: ((piece: string) => void) | undefined;
};

/** `onText` gets each piece of the answer when it arrives. */
export type TextRequest = Conversation & { onText?: (piece: string) => void };

export type ImageRequest = { prompt: string; size: ChannelLimits['imageSize']; quality: ImageQuality };

/**
 * The port to an AI provider: one of its models. Each call is one paid request, without retries.
 * Every failure is a ProviderError, except an abort, which rejects with the signal's reason.
 */
export type Model = {
  /** As ledger, budgets and limits call it. */
  name: string;
  generateObject<T>(request: ObjectRequest<T>, signal: AbortSignal): Promise<Purchase<T>>;
  /** @returns the whole text. */
  generateText(request: TextRequest, signal: AbortSignal): Promise<Purchase<string>>;
  /** @returns a PNG file. */
  generateImage(request: ImageRequest, signal: AbortSignal): Promise<Purchase<Uint8Array>>;
  /** @returns a vector for each text, in order. */
  embed(texts: readonly string[], signal: AbortSignal): Promise<Purchase<number[][]>>;
};

/** Models that may do the same work, in order of preference. */
export type Chain = {
  names: readonly string[];
  /** @returns the model that serves now: the first that works. */
  serving(): string;
  /** Chooses the model of a call: the one that serves, or one before it as a probe whether it is back. */
  choose(): string;
  /** Chooses the next model for a call that failed: the first behind this one that works, or may be probed; undefined: none. */
  after(name: string): string | undefined;
  model(name: string): Model;
};

/** The models that posts are made with. */
export type Provider = { text: Chain; image: Chain };
