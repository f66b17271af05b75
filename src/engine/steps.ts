import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { ProviderError } from '../domain/errors/provider-errors.ts';
import { chargedUsage, type Usage } from '../domain/money/pricing.ts';
import type { Work } from '../domain/runs/work.ts';
import type { Admission, Demand } from '../provider/admission/admission.ts';
import { isOutage } from '../provider/guard.ts';
import type { BudgetRefusal, Ledger, OpenCall, PaidCall } from '../provider/ledger/ledger.ts';
import type { Chain, Model, Purchase } from '../provider/provider.ts';
import type { Prisma } from '../store/generated/prisma/client.ts';
import type { UselessAnswers } from './useless-answers.ts';

/** What a call takes of its model's limits. */
export type Takes = Readonly<Partial<Record<'requests' | 'tokens' | 'images', number>>>;

/** One purchase of a run: a call to a model, whose answer the ledger keeps. */
export type Step<T> = {
  /** Names it in the ledger, and so is unique among the steps of its subject. */
  name: string;
  /** The models that may make it. */
  chain: Chain;
  /** The most that its call may use: that price is set aside in the budgets. */
  atMost: Usage;
  takes: Takes;
  /** Parses what the ledger kept. */
  schema: z.ZodType<T>;
};

/** Sends a step's call. What it returns is stored as JSON. */
export type StepCall<T> = (model: Model, signal: AbortSignal) => Promise<Purchase<T>>;

/**
 * The steps of one run. They may be bought at the same time, or after the results of earlier ones. Whatever crashes, at most
 * what was on its way is bought again.
 */
export type Steps = {
  /**
   * Opens the calls of several steps in the ledger: all or none.
   *
   * @throws BudgetRefusedError, NotRunningError
   */
  plan(steps: readonly Step<unknown>[]): Promise<void>;
  /**
   * Returns what a step's call has bought. Takes it from the ledger if an earlier run of the subject has paid for it.
   * Otherwise opens the call, unless it is planned, waits for the limits, unless the run's permit covers it, and sends it: to
   * the model that serves, and to the next ones of the chain while they fail. Each call has its own row in the ledger.
   *
   * @returns the value, and the model that made it.
   * @throws ProviderError, BudgetRefusedError, NotRunningError, LeaseLostError, or the reason of the signal.
   */
  buy<T extends Prisma.InputJsonValue>(
    step: Step<T>,
    call: StepCall<T>,
    signal: AbortSignal,
  ): Promise<{ value: T; model: string }>;
  /** Resolves when no step is being bought, however they end. */
  ended(): Promise<void>;
  /** @returns what the run has done until now. */
  soFar(): {
    /** The steps that it has planned or bought. */
    names: readonly string[];
    /** What its calls took of the permit that it began with. */
    used: Demand;
    /** Whether it has bought all of it itself. */
    isWhole: boolean;
  };
};

/** A budget does not suffice for a step. */
export class BudgetRefusedError extends Error {
  override readonly name = 'BudgetRefusedError';
  readonly refusal: BudgetRefusal;

  constructor(refusal: BudgetRefusal) {
    super(`A budget does not suffice: ${refusal.reason}.`);
    this.refusal = refusal;
  }
}

/** Nothing may be bought for the run now: its batch does not run, or another worker is buying the step. */
export class NotRunningError extends Error {
  override readonly name = 'NotRunningError';

  constructor() {
    super('The batch does not run, or another worker is buying the step.');
  }
}

/** For steps that a run can do without. @returns undefined if it was refused or failed. @throws anything else. */
export function unlessRefused(error: unknown): undefined {
  const isRefused =
    error instanceof ProviderError || error instanceof BudgetRefusedError || error instanceof NotRunningError;
  if (!isRefused) throw error;
}

/** @returns what a call takes of this model's limits. */
export function demandOf(model: string, takes: Takes): Demand {
  return Object.fromEntries(Object.entries(takes).map(([unit, amount]) => [`${model}:${unit}`, amount]));
}

/**
 * Begins the steps of a run.
 *
 * @param prepaid the demand of the permit that the run began with. Calls that it covers do not wait, whatever model serves:
 * what they take of another one than the permit was for is charged with `used`.
 */
export function createSteps(
  deps: { ledger: Ledger; admission: Pick<Admission, 'acquire'>; useless: UselessAnswers },
  work: Work,
  prepaid: Demand,
): Steps {
  const { ledger, admission, useless } = deps;
  const orderId = work.batchId ?? work.subjectId;
  const names = new Set<string>();
  const planned = new Map<string, OpenCall>();
  const covered = unitsOf(prepaid);
  const used = new Map<string, number>();
  const buying = new Set<Promise<unknown>>();
  let isWhole = true;
  useless.resume(orderId);

  async function open(wanted: readonly { step: Step<unknown>; model: string }[]): Promise<OpenCall[]> {
    for (const { step } of wanted) names.add(step.name);
    const calls = wanted.map(({ step: { name, chain, atMost }, model }) => ({
      step: name,
      model,
      chain: chain.names,
      atMost,
    }));
    const opened = await ledger.open(work, calls);
    if ('calls' in opened) return opened.calls;
    throw opened.refused === 'NOT_RUNNING' ? new NotRunningError() : new BudgetRefusedError(opened.refused);
  }

  async function openOne(step: Step<unknown>, model: string): Promise<OpenCall> {
    const [opened] = await open([{ step, model }]);
    if (opened === undefined) throw new Error('the ledger answered short');
    return opened;
  }

  /** Waits until the limits allow a call. */
  async function admit({ takes }: Step<unknown>, call: PaidCall, signal: AbortSignal): Promise<void> {
    try {
      signal.throwIfAborted();
      const demand = demandOf(call.model, takes);
      if (!cover(takes)) await acquire(demand, signal);
      count(demand, 1);
    } catch (error) {
      await ledger.fail(call, { status: 'FAILED', errorCode: 'NEVER_SENT', usage: undefined, latencyMs: 0 });
      throw error;
    }
  }

  /** Takes a call from what the run's permit covers. @returns whether there was enough left. */
  function cover(takes: Takes): boolean {
    const needed = Object.entries(takes);
    if (needed.some(([unit, amount]) => (covered.get(unit) ?? 0) < amount)) return false;
    for (const [unit, amount] of needed) covered.set(unit, (covered.get(unit) ?? 0) - amount);
    return true;
  }

  async function acquire(demand: Demand, signal: AbortSignal): Promise<void> {
    for (;;) {
      const { permits, retryInMs } = await admission.acquire(1, demand, { isInHand: true });
      const [permit] = permits;
      // Reserved beside the run's permit. What is then not sent is given back with it.
      if (permit !== undefined) count(demand, -1);
      await wait(permit?.waitMs ?? retryInMs, signal);
      if (permit !== undefined) return;
    }
  }

  function count(demand: Demand, times: 1 | -1): void {
    for (const [bucket, amount] of Object.entries(demand))
      used.set(bucket, (used.get(bucket) ?? 0) + times * amount);
  }

  async function take<T extends Prisma.InputJsonValue>(
    step: Step<T>,
    opened: OpenCall,
    call: StepCall<T>,
    signal: AbortSignal,
  ): Promise<{ value: T; model: string }> {
    const { model } = opened;
    if (!('callId' in opened)) {
      isWhole = false;
      return { value: step.schema.parse(opened.bought), model };
    }
    await ledger.sent(opened.callId);
    try {
      return { value: await send(step, opened, call, signal), model };
    } catch (error) {
      const movesOn = error instanceof ProviderError && (error.code === 'PROVIDER_DOWN' || isOutage(error));
      const next = movesOn ? step.chain.after(model) : undefined;
      if (next === undefined) throw error;
      // If the ledger refuses the next call, the run ends with this one, and the refusal is acted on when it runs again.
      const another = await openOne(step, next).catch((refusal: unknown) => {
        throw refusal instanceof BudgetRefusedError || refusal instanceof NotRunningError ? error : refusal;
      });
      // The limits of the next model are charged afterwards: the run does not wait a second time.
      if ('callId' in another) count(demandOf(another.model, step.takes), 1);
      return take(step, another, call, signal);
    }
  }

  /** Sends a call, and settles it in the ledger or ends it there. */
  async function send<T extends Prisma.InputJsonValue>(
    { chain, atMost }: Step<T>,
    opened: PaidCall,
    call: StepCall<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const { model } = opened;
    const sentAt = performance.now();
    const latencyMs = () => Math.round(performance.now() - sentAt);
    const answer = await call(chain.model(model), signal).catch(async (error: unknown) => {
      const isKnown = error instanceof ProviderError;
      const { paid, usage } = isKnown ? error : interrupted;
      // Why a provider counts as down.
      const { code } = isKnown ? (error.cause instanceof ProviderError ? error.cause : error) : interrupted;
      await ledger.fail(opened, {
        status: paid === 'MAYBE' ? 'UNKNOWN' : 'FAILED',
        errorCode: code,
        usage: paid === 'YES' ? chargedUsage(usage, atMost) : undefined,
        latencyMs: latencyMs(),
      });
      if (isKnown && isUseless(error) && useless.add(orderId, model))
        throw new ProviderError('PROVIDER_ANSWERS_USELESS', { cause: error });
      throw error;
    });
    useless.reset(orderId, model);
    const { usage, requestId, value: result } = answer;
    await ledger.settle(opened, {
      usage: chargedUsage(usage, atMost),
      requestId,
      result,
      latencyMs: latencyMs(),
    });
    return result;
  }

  async function buy<T extends Prisma.InputJsonValue>(
    step: Step<T>,
    call: StepCall<T>,
    signal: AbortSignal,
  ): Promise<{ value: T; model: string }> {
    const opened = planned.get(step.name) ?? (await openOne(step, step.chain.choose()));
    // A step that failed may be tried again in the same run, with another call.
    planned.delete(step.name);
    if ('callId' in opened) await admit(step, opened, signal);
    return take(step, opened, call, signal);
  }

  return {
    async plan(steps) {
      const opened = await open(steps.map((step) => ({ step, model: step.chain.choose() })));
      for (const call of opened) planned.set(call.step, call);
    },
    buy(step, call, signal) {
      const bought = buy(step, call, signal);
      buying.add(bought);
      const leave = () => buying.delete(bought);
      bought.then(leave, leave);
      return bought;
    },
    async ended() {
      while (buying.size > 0) await Promise.allSettled(buying);
    },
    soFar: () => ({ names: [...names], used: Object.fromEntries(used), isWhole }),
  };
}

/** @returns the amounts of a demand by unit, whatever the model: buckets are named `model:unit`. */
function unitsOf(demand: Demand): Map<string, number> {
  const units = new Map<string, number>();
  for (const [bucket, amount] of Object.entries(demand)) {
    const unit = bucket.slice(bucket.lastIndexOf(':') + 1);
    units.set(unit, (units.get(unit) ?? 0) + amount);
  }
  return units;
}

/** @throws the signal's reason. */
async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** The outcome of a call that was aborted, or whose image could not be stored. */
const interrupted = { code: 'INTERRUPTED', paid: 'MAYBE', usage: undefined } as const;

/** Whether the next call would probably fail in the same way. */
function isUseless({ code }: ProviderError): boolean {
  return code === 'BAD_ANSWER' || code === 'INVALID_REQUEST';
}
