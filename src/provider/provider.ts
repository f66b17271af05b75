import type { ChannelLimits } from '../domain/posts/channels.ts';
import type { Caption } from '../domain/posts/content.ts';
import type { ImageQuality } from '../domain/posts/usage.ts';
import type { Usage } from '../domain/money/pricing.ts';
import type { ProviderLimits } from '../domain/errors/provider-errors.ts';

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

/**
 * The port to an AI provider. Each call is one paid request, without retries.
 * Every failure is a ProviderError, except an abort, which rejects with the signal's reason.
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
