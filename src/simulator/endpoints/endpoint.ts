import type { Content, FaultKind } from '../behaviour/faults.ts';
import type { FlawBook } from '../behaviour/flaws.ts';
import type { Dialect } from '../dialects.ts';

/** What a call takes from the limits of its endpoint. */
export type Cost = { readonly requests: number; readonly tokens: number; readonly images: number };

/** What a call adds to the bill. */
export type Usage = {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly images: number;
};

/** A finished product: one JSON body, or the data of the server-sent events of a stream. */
export type Product = {
  readonly usage: Usage;
  /** How long it takes beyond the latency of a call, in unscaled milliseconds. */
  readonly extraMs?: number;
} & (
  | { readonly kind: 'json'; readonly body: unknown }
  | { readonly kind: 'stream'; readonly events: readonly string[] }
);

/** A request that was understood, before it is admitted, delayed and answered. */
export type PreparedCall = {
  readonly model: string;
  /** Everything that the caller wrote: faults match on it, and the call list counts by its SHA-256. */
  readonly prompt: string;
  readonly cost: Cost;
  readonly streamed: boolean;
  /** What a chat answer is about; undefined for what faults of the content do not strike. */
  readonly content?: Content | undefined;
  readonly produce: (turn: Turn) => Promise<Product>;
};

/** What a product depends on besides its request. */
export type Turn = {
  /** Breaks what the product says, if it is a fault that does. */
  readonly fault: FaultKind | undefined;
  /** 1 for the first call with this prompt. */
  readonly nth: number;
  /** SHA-256 of the prompt in lower-case hexadecimal. */
  readonly sha256: string;
  readonly flaws: FlawBook;
};

/** Reads a request body into a call. Throws ApiError 400 or 404 as the real endpoint does. */
export type PrepareCall = (body: unknown, seed: number, dialect: Dialect) => PreparedCall;

/**
 * Tokens of a text by the provider's own rule of thumb, four characters each, and at least one. Counted in UTF-8
 * bytes, because scripts other than Latin take more tokens for a character.
 */
export function countTokens(text: string): number {
  return Math.max(1, Math.ceil(Buffer.byteLength(text) / 4));
}
