import { BrokenCircuitError, circuitBreaker, CircuitState, handleWhen, ConsecutiveBreaker } from 'cockatiel';
import { isAccountFault, ProviderError } from '../domain/errors/provider-errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Admission } from './admission/admission.ts';
import type { Deadline, Deadlines } from './deadline.ts';
import type { OutageBoard } from './outages.ts';
import type { Model, Provider, Purchase } from './provider.ts';
import { watchStandstill } from './standstill.ts';

/** A provider behind a circuit breaker, and what its state allows. */
export type GuardedProvider = {
  provider: Provider;
  /** How many jobs may start now: any number while the circuit is closed, one as a probe while it is open, none in a pause. */
  allowance(): number;
  /** Calls `listener` when a pause begins: permits reserved before it are too early. */
  onPause(listener: () => void): void;
};

/** Failures in a row that open the circuit: more than a hiccup, less than a wave of posts. */
const failuresToOpen = 8;
/** How long the circuit stays open before one call tries again. */
const halfOpenAfterMs = 5_000;
const limitKinds = ['requests', 'tokens', 'images'] as const;
/** Equals admission's longest pause. */
const maxPauseMs = 120_000;
/** How long an unusable provider account is reported, unless a call succeeds before. */
const accountFaultMs = 3_600_000;

/**
 * Acts on what the provider says about itself. Limits and pauses go to admission. Failures of the provider itself open a
 * circuit: while it is open no job is fetched, and the board shows the reason. A call that takes longer than its
 * deadline is given up as PROVIDER_TIMEOUT.
 */
export function guardProvider(
  provider: Provider,
  deps: {
    admission: Admission;
    outages: OutageBoard;
    deadlines: Deadlines;
    logger: Logger;
  },
): GuardedProvider {
  const { admission, outages, deadlines, logger } = deps;
  const breaker = circuitBreaker(
    handleWhen((error) => error instanceof ProviderError && isOutage(error)),
    { halfOpenAfter: halfOpenAfterMs, breaker: new ConsecutiveBreaker(failuresToOpen) },
  );
  let isAccountBroken = false;
  // An account fault is more specific than a standstill. It stays on the board until both models work.
  const standstill = watchStandstill({
    report: (code, ms) => isAccountBroken || outages.report(code, ms),
    clear: () => isAccountBroken || outages.clear(),
  });
  let probeAt = 0;
  /** Permits from before a pause would be refused during it. */
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

  async function call<T>(
    model: string,
    deadline: Deadline,
    signal: AbortSignal,
    send: (signal: AbortSignal) => Promise<Purchase<T>>,
  ): Promise<Purchase<T>> {
    // A probe is under way, and cockatiel would make other calls wait for its end.
    if (breaker.state === CircuitState.HalfOpen) throw new ProviderError('PROVIDER_DOWN');
    const sentAt = performance.now();
    const ended = standstill.sent(deadline.slowMs());
    try {
      const answer = await breaker.execute(() => inTime(deadline, signal, send));
      deadline.answered(performance.now() - sentAt);
      works(model);
      standstill.answered();
      for (const kind of limitKinds) {
        const limit = answer.limits[kind];
        if (limit === undefined) continue;
        await learn(`${model}:${kind}`, limit, sentAt);
        await admission.recover(`${model}:${kind}`);
      }
      return answer;
    } catch (error) {
      if (error instanceof ProviderError && isAccountFault(error.code)) {
        broken.add(model);
        isAccountBroken = true;
        outages.report(error.code, accountFaultMs);
      }
      if (error instanceof BrokenCircuitError) throw new ProviderError('PROVIDER_DOWN', { cause: error });
      if (error instanceof ProviderError && error.code === 'RATE_LIMITED')
        await refused(model, error, sentAt);
      if (error instanceof ProviderError && error.retryable && isOutage(error) && isOpen()) {
        // A failure during an outage is not the job's fault: it counts as no attempt.
        throw new ProviderError('PROVIDER_DOWN', {
          paid: error.paid,
          usage: error.usage,
          cause: error,
        });
      }
      throw error;
    } finally {
      ended();
    }
  }

  /** Models that may be unusable. Starts with both, because another process may have reported them. */
  const broken = new Set([provider.text.name, provider.image.name]);
  function works(model: string): void {
    if (!broken.delete(model) || broken.size > 0) return;
    isAccountBroken = false;
    outages.clear();
  }

  const isOpen = () => breaker.state !== CircuitState.Closed;

  const learned = new Map<string, { limit: number; atMs: number }>();
  /**
   * Reports a limit once, because the same limit comes with every answer. Ignores calls that were sent before the limit
   * last changed: images take seconds, and their answers may carry an old limit.
   *
   * @returns whether the limit was cut.
   */
  async function learn(bucket: string, limit: number, sentAt: number): Promise<boolean> {
    const known = learned.get(bucket);
    if (known !== undefined && (known.limit === limit || sentAt < known.atMs)) return false;
    learned.set(bucket, { limit, atMs: performance.now() });
    await admission.learnLimit(bucket, limit);
    return known !== undefined && limit < known.limit;
  }

  const pauseListeners: (() => void)[] = [];
  const refusedAt = new Map<string, number>();
  /**
   * Pauses all instances for as long as the provider asks, and counts its buckets as empty. Slows down below the limit only if
   * no cut and no earlier refusal explains this one.
   */
  async function refused(model: string, error: ProviderError, sentAt: number): Promise<void> {
    const isExplained = sentAt <= (refusedAt.get(model) ?? Number.NEGATIVE_INFINITY);
    refusedAt.set(model, performance.now());
    const pauseMs = Math.min(error.retryAfterMs ?? 1_000, maxPauseMs);
    pausedUntil = Math.max(pausedUntil, performance.now() + pauseMs);
    for (const listener of pauseListeners) listener();
    standstill.refused(pauseMs);
    await admission.pause(pauseMs);
    let isCut = false;
    for (const kind of limitKinds) {
      const limit = error.limits[kind];
      if (limit !== undefined && (await learn(`${model}:${kind}`, limit, sentAt))) isCut = true;
    }
    for (const kind of limitKinds) {
      await admission.drain(`${model}:${kind}`, pauseMs);
      if (!isCut && !isExplained) await admission.slowDown(`${model}:${kind}`);
    }
  }

  const guarded = (model: Model): Model => ({
    name: model.name,
    generateObject: (request, signal) =>
      call(model.name, deadlines.object, signal, (limited) => model.generateObject(request, limited)),
    generateText: (request, signal) =>
      call(model.name, deadlines.text, signal, (limited) => model.generateText(request, limited)),
    generateImage: (request, signal) =>
      call(model.name, deadlines.image, signal, (limited) => model.generateImage(request, limited)),
    embed: (texts, signal) =>
      call(model.name, deadlines.embedding, signal, (limited) => model.embed(texts, limited)),
  });

  return {
    provider: { text: guarded(provider.text), image: guarded(provider.image) },
    onPause: (listener) => void pauseListeners.push(listener),
    allowance() {
      if (performance.now() < pausedUntil) return 0;
      if (breaker.state === CircuitState.Closed) return Number.POSITIVE_INFINITY;
      // One call probes. A post sends its two at the same time; the second is refused as PROVIDER_DOWN.
      return breaker.state === CircuitState.Open && performance.now() >= probeAt ? 1 : 0;
    },
  };
}

/** Aborts a call at its deadline, even if its answer has begun. */
async function inTime<T>(
  deadline: Deadline,
  signal: AbortSignal,
  send: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const waitMs = deadline.ms();
  const timer = setTimeout(() => {
    deadline.missed(waitMs);
    late.abort(new ProviderError('PROVIDER_TIMEOUT', { paid: 'MAYBE' }));
  }, waitMs);
  try {
    return await send(AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the provider itself failed, and not one request. */
function isOutage(error: ProviderError): boolean {
  return error.code === 'PROVIDER_UNAVAILABLE' || error.code === 'PROVIDER_TIMEOUT';
}
