import type { Cost } from '../endpoints/endpoint.ts';
import { ENDPOINTS, type Endpoint } from '../endpoints/names.ts';
import { invalidRequest, rateLimited } from './errors.ts';
import { changeLimits } from '../options.ts';
import type { Limits, LimitsChange } from '../options.ts';

const MINUTE_MS = 60_000;
/** A refused call still takes this share of what it asked for … */
const REFUSED_SHARE = 0.1;
/** … until the bucket is this share of its burst in debt, so that a hammering client waits, but not forever. */
const REFUSED_DEBT = 0.25;

const DIMENSIONS = ['requests', 'tokens', 'images'] as const;
type Dimension = (typeof DIMENSIONS)[number];

/** The limits of each endpoint. Endpoints share no buckets: the real limits are per model. */
const COUNTED: Readonly<Record<Endpoint, readonly Dimension[]>> = {
  chat: ['requests', 'tokens'],
  images: ['requests', 'images'],
  embeddings: ['requests', 'tokens'],
};

const WORDS: Readonly<Record<Dimension, { unit: string; type: string }>> = {
  requests: { unit: 'requests per min (RPM)', type: 'requests' },
  tokens: { unit: 'tokens per min (TPM)', type: 'tokens' },
  images: { unit: 'input-images per min', type: 'input-images' },
};

/** `used` is how much of the limit has not come back yet. */
type Bucket = { used: number; drainedAtMs: number };

export type Limiter = {
  /** Takes the cost of a call from every bucket of its endpoint, or from none. Throws ApiError 429 or 400. */
  admit: (endpoint: Endpoint, model: string, cost: Cost) => void;
  /** The `x-ratelimit-*` headers as they stand now. */
  headers: (endpoint: Endpoint) => Record<string, string>;
  /** Milliseconds until an empty bucket has room for a call: the wait that an injected 429 asks for. */
  typicalWaitMs: (endpoint: Endpoint) => number;
  current: () => Limits;
  change: (change: LimitsChange) => Limits;
};

/**
 * Token buckets that refill continuously. A bucket holds `burstSeconds` of its minute, because the real service
 * enforces limits over slices shorter than a minute. The headers speak of the whole minute: `remaining` is the
 * limit less what has not come back yet, so a 429 can come while other dimensions have plenty left.
 *
 * As at the real service, refused calls count: each takes a tenth of what it asked for, up to a debt of a
 * quarter of the burst.
 *
 * @param timeScale length of the simulated minute, as a share of a real one
 * @param nowMs a clock that never goes back
 */
export function createLimiter(initial: Limits, timeScale: number, nowMs: () => number): Limiter {
  let limits = initial;
  const buckets = new Map<string, Bucket>();

  const limitOf = (dimension: Dimension): number => limits[`${dimension}PerMinute`];
  const burstOf = (dimension: Dimension): number =>
    Math.max(1, (limitOf(dimension) * limits.burstSeconds * 1000) / MINUTE_MS);
  const waitMs = (dimension: Dimension, amount: number): number =>
    (amount / limitOf(dimension)) * MINUTE_MS * timeScale;

  const bucketOf = (endpoint: Endpoint, dimension: Dimension): Bucket => {
    const key = `${endpoint}/${dimension}`;
    const now = nowMs();
    const bucket = buckets.get(key) ?? { used: 0, drainedAtMs: now };
    const returned = ((now - bucket.drainedAtMs) / (MINUTE_MS * timeScale)) * limitOf(dimension);
    bucket.used = Math.max(0, bucket.used - returned);
    bucket.drainedAtMs = now;
    buckets.set(key, bucket);
    return bucket;
  };

  const refuse = (bucket: Bucket, dimension: Dimension, model: string, asked: number): never => {
    const burst = burstOf(dimension);
    const limit = limitOf(dimension);
    const inDebt = Math.min(bucket.used + asked * REFUSED_SHARE, burst * (1 + REFUSED_DEBT));
    bucket.used = Math.max(bucket.used, inDebt);
    const retryAfterMs = waitMs(dimension, bucket.used - Math.max(0, burst - asked));
    const { unit, type } = WORDS[dimension];
    throw rateLimited(
      `Rate limit reached for ${model} in organization org-simulated on ${unit}: Limit ${limit}, ` +
        `Used ${Math.ceil(bucket.used)}, Requested ${asked}. ` +
        `Please try again in ${formatDuration(retryAfterMs)}.`,
      type,
      retryAfterMs,
    );
  };

  return {
    admit(endpoint, model, cost) {
      const counted = COUNTED[endpoint].map((dimension) => ({
        dimension,
        asked: cost[dimension],
        bucket: bucketOf(endpoint, dimension),
      }));
      for (const { dimension, asked, bucket } of counted) {
        const limit = limitOf(dimension);
        if (asked > Math.max(1, limit)) {
          throw invalidRequest(`Request too large for ${model}: Limit ${limit}, Requested ${asked}.`);
        }
        // A call greater than the burst could never pass, so it passes when the bucket is full and leaves it in debt.
        const fits = bucket.used + asked <= burstOf(dimension) || bucket.used === 0;
        if (!fits) refuse(bucket, dimension, model, asked);
      }
      for (const { asked, bucket } of counted) bucket.used += asked;
    },
    headers(endpoint) {
      const headers: Record<string, string> = {};
      for (const dimension of COUNTED[endpoint]) {
        const { used } = bucketOf(endpoint, dimension);
        const limit = limitOf(dimension);
        headers[`x-ratelimit-limit-${dimension}`] = String(limit);
        headers[`x-ratelimit-remaining-${dimension}`] = String(Math.max(0, Math.floor(limit - used)));
        headers[`x-ratelimit-reset-${dimension}`] = formatDuration(waitMs(dimension, used));
      }
      return headers;
    },
    typicalWaitMs(endpoint) {
      const dimension = endpoint === 'images' ? 'images' : 'requests';
      return waitMs(dimension, Math.max(1, burstOf(dimension) / 2));
    },
    current: () => limits,
    change(change) {
      // Until now the bucket refilled at the old rate.
      for (const endpoint of ENDPOINTS)
        COUNTED[endpoint].forEach((dimension) => bucketOf(endpoint, dimension));
      limits = changeLimits(limits, change);
      return limits;
    },
  };
}

/** A duration as the provider's headers write it: `0s`, `120ms`, `1.5s`, `6m0s`. Rounded up to a millisecond. */
export function formatDuration(milliseconds: number): string {
  const whole = Math.ceil(milliseconds);
  if (whole <= 0) return '0s';
  if (whole < 1000) return `${whole}ms`;
  if (whole < MINUTE_MS) return `${whole / 1000}s`;
  const seconds = Math.ceil(whole / 1000);
  return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
