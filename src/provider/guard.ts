import { BrokenCircuitError, circuitBreaker, CircuitState, handleWhen } from 'cockatiel';
import { isAccountFault, ProviderError, type AccountFault } from '../domain/errors/provider-errors.ts';
import type { Admission } from './admission/admission.ts';
import type { Deadline, Deadlines } from './deadline.ts';
import type { Model, Purchase } from './provider.ts';

/** A model behind a circuit breaker, and what its state allows. */
export type GuardedModel = {
  model: Model;
  /** Whether calls may be sent: any number, one that probes whether the model is back, or none. */
  state(): 'ready' | 'probe' | 'away';
  /** Keeps the probe for one job. */
  takeProbe(): void;
};

/** What a guarded model tells of itself. */
export type Watch = {
  /** A call is sent. @returns a function to call when it has ended. */
  sent(slowMs: number): () => void;
  answered(): void;
  /** The provider refuses calls for `pauseMs`, because they are too many. */
  limited(pauseMs: number): void;
  /** The circuit has opened, or stays open after a probe. */
  broke(error: unknown): void;
  mended(): void;
  /** The account cannot be used, and no other model serves instead. */
  accountFailed(code: AccountFault): void;
};

/** Failures in a row that open the circuit: more than a hiccup, fewer than the attempts of one post. */
const failuresToOpen = 5;
/** The same where another model serves instead. */
const failuresToMoveOn = 3;
/** How long the circuit stays open before one call tries again. */
export const halfOpenAfterMs = 5_000;
const limitKinds = ['requests', 'tokens', 'images'] as const;
/** Equals admission's longest pause. */
const maxPauseMs = 120_000;

/**
 * Acts on what a provider says of itself by the answers of one model. Limits and pauses go to admission. Failures of the
 * provider itself open a circuit: while it is open, calls are refused as PROVIDER_DOWN. A call that takes longer than its
 * deadline is given up as PROVIDER_TIMEOUT.
 *
 * @param deps.isFollowed whether another model of its chain comes behind it. Then one time-out opens the circuit.
 * @param deps.isAlone whether its chain has no other model. Otherwise an account that cannot be used opens the circuit too.
 * @param deps.chainServes whether a model of its chain is ready.
 */
export function guardModel(
  model: Model,
  deps: {
    admission: Admission;
    deadlines: Deadlines;
    isFollowed: boolean;
    isAlone: boolean;
    chainServes: () => boolean;
    watch: Watch;
  },
): GuardedModel {
  const { admission, deadlines, isFollowed, isAlone, chainServes, watch } = deps;
  const limit = isFollowed ? failuresToMoveOn : failuresToOpen;
  let failures = 0;
  /** Counts a failure that says something of the provider, and not of one request. */
  function counts(error: unknown): boolean {
    // An aborted probe has no answer. Uncounted, it would close the circuit.
    if (!(error instanceof ProviderError)) return breaker.state === CircuitState.HalfOpen;
    const endsIt = isAccountFault(error.code) ? !isAlone : isFollowed && error.code === 'PROVIDER_TIMEOUT';
    if (!endsIt && !isOutage(error)) return false;
    failures += endsIt ? limit : 1;
    return true;
  }
  const breaker = circuitBreaker(handleWhen(counts), {
    halfOpenAfter: halfOpenAfterMs,
    breaker: { state: undefined, success: () => void (failures = 0), failure: () => failures >= limit },
  });
  let probeAt = 0;
  breaker.onBreak((reason) => {
    probeAt = performance.now() + halfOpenAfterMs;
    watch.broke('error' in reason ? reason.error : undefined);
  });
  breaker.onReset(() => {
    failures = 0;
    watch.mended();
  });
  const isOpen = () => breaker.state !== CircuitState.Closed;

  async function call<T>(
    deadline: Deadline,
    signal: AbortSignal,
    send: (signal: AbortSignal) => Promise<Purchase<T>>,
  ): Promise<Purchase<T>> {
    // A probe is under way, and cockatiel would make other calls wait for its end.
    if (breaker.state === CircuitState.HalfOpen) throw new ProviderError('PROVIDER_DOWN');
    const sentAt = performance.now();
    const ended = watch.sent(deadline.slowMs());
    try {
      const answer = await breaker.execute(() => inTime(deadline, signal, send));
      deadline.answered(performance.now() - sentAt);
      watch.answered();
      for (const kind of limitKinds) {
        const told = answer.limits[kind];
        if (told === undefined) continue;
        await learn(kind, told, sentAt);
        await admission.recover(bucketOf(kind));
      }
      return answer;
    } catch (error) {
      throw await judge(error, sentAt);
    } finally {
      ended();
    }
  }

  /** Acts on a failure. @returns what the caller is told. */
  async function judge(error: unknown, sentAt: number): Promise<unknown> {
    if (error instanceof BrokenCircuitError) return new ProviderError('PROVIDER_DOWN', { cause: error });
    if (!(error instanceof ProviderError)) return error;
    if (error.code === 'RATE_LIMITED') await refused(error, sentAt);
    if (isAccountFault(error.code)) {
      if (isAlone || !chainServes()) {
        watch.accountFailed(error.code);
        return error;
      }
    } else if (!isOutage(error) || !isOpen()) return error;
    // Not the job's fault: it counts as no attempt, and another model may serve at once.
    return new ProviderError('PROVIDER_DOWN', { paid: error.paid, usage: error.usage, cause: error });
  }

  type LimitKind = (typeof limitKinds)[number];
  const bucketOf = (kind: LimitKind) => `${model.name}:${kind}`;
  const learned = new Map<LimitKind, { limit: number; atMs: number }>();
  /**
   * Reports a limit once, because the same limit comes with every answer. Ignores calls that were sent before the limit
   * last changed: images take seconds, and their answers may carry an old limit.
   *
   * @returns whether the limit was cut.
   */
  async function learn(kind: LimitKind, told: number, sentAt: number): Promise<boolean> {
    const known = learned.get(kind);
    if (known !== undefined && (known.limit === told || sentAt < known.atMs)) return false;
    learned.set(kind, { limit: told, atMs: performance.now() });
    await admission.learnLimit(bucketOf(kind), told);
    return known !== undefined && told < known.limit;
  }

  let refusedAt = Number.NEGATIVE_INFINITY;
  /**
   * Pauses all instances for as long as the provider asks, and counts its buckets as empty. Slows down below the limit only if
   * no cut and no earlier refusal explains this one.
   */
  async function refused(error: ProviderError, sentAt: number): Promise<void> {
    const isExplained = sentAt <= refusedAt;
    refusedAt = performance.now();
    const pauseMs = Math.min(error.retryAfterMs ?? 1_000, maxPauseMs);
    watch.limited(pauseMs);
    await admission.pause(pauseMs);
    let isCut = false;
    for (const kind of limitKinds) {
      const told = error.limits[kind];
      if (told !== undefined && (await learn(kind, told, sentAt))) isCut = true;
    }
    for (const kind of limitKinds) {
      await admission.drain(bucketOf(kind), pauseMs);
      if (!isCut && !isExplained) await admission.slowDown(bucketOf(kind));
    }
  }

  return {
    model: {
      name: model.name,
      // What is streamed is as long as an article.
      generateObject: (request, signal) =>
        call(request.onText === undefined ? deadlines.object : deadlines.text, signal, (limited) =>
          model.generateObject(request, limited),
        ),
      generateText: (request, signal) =>
        call(deadlines.text, signal, (limited) => model.generateText(request, limited)),
      generateImage: (request, signal) =>
        call(deadlines.image, signal, (limited) => model.generateImage(request, limited)),
      embed: (texts, signal) => call(deadlines.embedding, signal, (limited) => model.embed(texts, limited)),
    },
    state() {
      if (!isOpen()) return 'ready';
      return breaker.state === CircuitState.Open && performance.now() >= probeAt ? 'probe' : 'away';
    },
    takeProbe: () => void (probeAt = performance.now() + halfOpenAfterMs),
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

/** @returns whether the provider itself failed, and not one request. */
export function isOutage(error: ProviderError): boolean {
  return error.code === 'PROVIDER_UNAVAILABLE' || error.code === 'PROVIDER_TIMEOUT';
}
