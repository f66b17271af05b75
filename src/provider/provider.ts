import type { ChannelLimits } from '../domain/posts/channels.ts';
import type { Caption } from '../domain/posts/content.ts';
import type { ImageQuality } from '../domain/posts/usage.ts';
import type { Usage } from '../domain/money/pricing.ts';
import type { ProviderLimits } from '../domain/errors/provider-errors.ts';

/** What one call bought. */
export type Purchase<T> = {
  value: T;
  /** Undefined where the provider tells none that can be. */
  usage: Usage | undefined;
  /** The provider's own name for the request. */
  requestId: string | undefined;
  /** The account's limits, where the answer told them. */
  limits: ProviderLimits;
};

/**
 * The port to an AI provider. Each call is one paid request: nothing is retried behind it.
 * Every failure is a ProviderError, but an abort, which rejects with the signal's reason.
 */
export type Provider = {
  textModel: string;
  imageModel: string;
  imageQuality: ImageQuality;
  writeCaption(prompt: { system: string; user: string }, signal: AbortSignal): Promise<Purchase<Caption>>;
  /** @returns a PNG file. */
  drawImage(
    prompt: { text: string; size: ChannelLimits['imageSize'] },
    signal: AbortSignal,
  ): Promise<Purchase<Uint8Array>>;
};
