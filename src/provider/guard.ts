import { BrokenCircuitError, circuitBreaker, CircuitState, handleWhen, ConsecutiveBreaker } from 'cockatiel';
import { ProviderError } from '../domain/provider-errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Admission } from './admission/admission.ts';
import type { OutageBoard } from './outages.ts';
import type { Provider, Purchase } from './provider.ts';

export type GuardedProvider = {
  provider: Provider;
  /** How many jobs may be started now: any number while the provider is well, else none, or one that probes. */
  allowance(): number;
};

/** Failures in a row that open the circuit: more than one bad moment, less than a wave of posts. */
const failuresToOpen = 8;
/** How long the circuit stays open before one call tries again. */
const halfOpenAfterMs = 5_000;

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
    try {
      const answer = await breaker.execute(send);
      for (const [kind, limit] of Object.entries(answer.limits)) {
        if (limit !== undefined) await learn(`${model}:${kind}`, limit);
      }
      return answer;
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw new ProviderError('PROVIDER_DOWN', { cause: error });
      if (error instanceof ProviderError && error.code === 'RATE_LIMITED') {
        await admission.pause(error.retryAfterMs ?? 1_000);
        await Promise.all(
          ['requests', 'tokens', 'images'].map((kind) => admission.slowDown(`${model}:${kind}`)),
        );
      }
      throw error;
    }
  }

  const learned = new Map<string, number>();
  /** Told once: the same limit comes with every answer. */
  async function learn(bucket: string, limit: number): Promise<void> {
    if (learned.get(bucket) !== limit) {
      learned.set(bucket, limit);
      await admission.learnLimit(bucket, limit);
    }
    await admission.recover(bucket);
  }

  return {
    provider: {
      ...provider,
      writeCaption: (prompt, signal) => call(provider.textModel, () => provider.writeCaption(prompt, signal)),
      drawImage: (prompt, signal) => call(provider.imageModel, () => provider.drawImage(prompt, signal)),
    },
    allowance() {
      if (breaker.state === CircuitState.Closed) return Number.POSITIVE_INFINITY;
      // Half open lets one call through; a post makes its two at the same time, and the second is told to wait.
      return performance.now() >= probeAt ? 1 : 0;
    },
  };
}

/** Whether the provider itself is in trouble, and not one request. */
function isOutage(error: ProviderError): boolean {
  return (
    error.code === 'PROVIDER_UNAVAILABLE' ||
    error.code === 'PROVIDER_TIMEOUT' ||
    error.code === 'PROVIDER_REJECTED_KEY'
  );
}
