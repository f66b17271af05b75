import { BrokenCircuitError, circuitBreaker, CircuitState, handleWhen, ConsecutiveBreaker } from 'cockatiel';
import { APIError } from 'openai';
import { ProviderError } from '../domain/provider-errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Admission } from './admission/admission.ts';
import type { OutageBoard } from './outages.ts';
import type { Provider, Purchase } from './provider.ts';

export type GuardedProvider = {
  provider: Provider;
  /** How many jobs may be started now: any number while the provider is well, else none, or one that probes; none in a pause. */
  allowance(): number;
};

/** Failures in a row that open the circuit: more than one bad moment, less than a wave of posts. */
const failuresToOpen = 8;
/** How long the circuit stays open before one call tries again. */
const halfOpenAfterMs = 5_000;
/** As long as admission pauses at most. */
const maxPauseMs = 120_000;

/**
 * Puts what the provider says about itself to use: its limits and its pauses go to admission, failures of
 * the provider itself open a circuit. While it is open no job is fetched, and the board tells everybody why.
 */
export function guardProvider(
  provider: Provider,
  deps: { admission: Admission; outages: OutageBoard; logger: Logger },
): GuardedProvider {
  const { admission, outages, logger } = deps;
  const breaker = circuitBreaker(
    handleWhen((error) => error instanceof ProviderError && isOutage(error)),
    { halfOpenAfter: halfOpenAfterMs, breaker: new ConsecutiveBreaker(failuresToOpen) },
  );
  let probeAt = 0;
  /** Permits from before a pause would be refused in it. */
  let pausedUntil = 0;
  breaker.onBreak(() => {
    probeAt = performance.now() + halfOpenAfterMs;
    logger.error(
      { seconds: halfOpenAfterMs / 1000 },
      'the AI provider fails; its circuit is open, jobs wait',
    );
    outages.report('PROVIDER_UNAVAILABLE', 3 * halfOpenAfterMs);
  });
  breaker.onReset(() => {
    logger.info('the AI provider works again; its circuit is closed');
    outages.clear();
  });

  async function call<T>(model: string, send: () => Promise<Purchase<T>>): Promise<Purchase<T>> {
    const sentAt = performance.now();
    try {
      const answer = await breaker.execute(send);
      for (const [kind, limit] of Object.entries(answer.limits)) {
        if (limit === undefined) continue;
        await learn(`${model}:${kind}`, limit);
        await admission.recover(`${model}:${kind}`);
      }
      return answer;
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw new ProviderError('PROVIDER_DOWN', { cause: error });
      if (error instanceof ProviderError && error.code === 'RATE_LIMITED') {
        const pauseMs = Math.min(error.retryAfterMs ?? 1_000, maxPauseMs);
        pausedUntil = Math.max(pausedUntil, performance.now() + pauseMs);
        await admission.pause(pauseMs);
        for (const kind of ['requests', 'tokens', 'images']) {
          const bucket = `${model}:${kind}`;
          const limit = limitTold(error, kind);
          if (limit !== undefined) await learn(bucket, limit);
          // What was sent before a cut was known is explained by it: going slower still would take minutes to mend.
          const wasCutMeanwhile = (learned.get(bucket)?.cutAt ?? Number.NEGATIVE_INFINITY) >= sentAt;
          if (!wasCutMeanwhile) await admission.slowDown(bucket);
        }
      }
      if (error instanceof ProviderError && error.retryable && isOutage(error) && isOpen()) {
        // A failure that belongs to an outage is none of the job's own: it counts as no attempt.
        throw new ProviderError('PROVIDER_DOWN', { mayBePaid: error.mayBePaid, cause: error });
      }
      throw error;
    }
  }

  const isOpen = () => breaker.state !== CircuitState.Closed;

  const learned = new Map<string, { limit: number; cutAt: number }>();
  /** Told once: the same limit comes with every answer. */
  async function learn(bucket: string, limit: number): Promise<void> {
    const known = learned.get(bucket);
    if (known?.limit === limit) return;
    const isCut = known !== undefined && limit < known.limit;
    learned.set(bucket, { limit, cutAt: isCut ? performance.now() : Number.NEGATIVE_INFINITY });
    await admission.learnLimit(bucket, limit);
  }

  return {
    provider: {
      ...provider,
      writeCaption: (prompt, signal) => call(provider.textModel, () => provider.writeCaption(prompt, signal)),
      drawImage: (prompt, signal) => call(provider.imageModel, () => provider.drawImage(prompt, signal)),
    },
    allowance() {
      if (performance.now() < pausedUntil) return 0;
      if (breaker.state === CircuitState.Closed) return Number.POSITIVE_INFINITY;
      // Half open lets one call through; a post makes its two at the same time, and the second is told to wait.
      return performance.now() >= probeAt ? 1 : 0;
    },
  };
}

/** The limit that a refusal tells: after a cut it is the first to know. */
function limitTold(error: ProviderError, kind: string): number | undefined {
  const headers = error.cause instanceof APIError ? error.cause.headers : undefined;
  const limit = Number(headers?.get(`x-ratelimit-limit-${kind}`) ?? Number.NaN);
  return limit > 0 ? limit : undefined;
}

/** Whether the provider itself is in trouble, and not one request. */
function isOutage(error: ProviderError): boolean {
  return (
    error.code === 'PROVIDER_UNAVAILABLE' ||
    error.code === 'PROVIDER_TIMEOUT' ||
    error.code === 'PROVIDER_REJECTED_KEY'
  );
}
