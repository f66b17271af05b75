import type { z } from 'zod';
import { ProviderError } from '../../domain/errors/provider-errors.ts';
import { chargedUsage } from '../../domain/money/pricing.ts';
import type { Caption } from '../../domain/posts/content.ts';
import { isOutage } from '../../provider/guard.ts';
import type { Ledger, OpenCall, PaidCall } from '../../provider/ledger/ledger.ts';
import type { Model, Purchase } from '../../provider/provider.ts';
import type { PostWork } from '../../services/posts/results.ts';
import { chainOf, planCall, stepOf, type Means, type Part } from './post-parts.ts';
import type { UselessAnswers } from './useless-answers.ts';

/** What `buyPart` needs. */
export type Buyer = Means & { ledger: Ledger; useless: UselessAnswers };

/** A post with its calls in the ledger: open, or already paid for. */
export type PreparedPost = PostWork & { calls: OpenCall[] };

/**
 * Returns one part of a post from the ledger, or buys it: of the model that its call is planned for, and of the next ones of
 * the chain while they fail. Each call has its own row in the ledger.
 *
 * @returns the part, and the model that made it.
 * @throws ProviderError, or the reason of the call's signal.
 */
export async function buyPart<T extends Caption | string>(
  deps: Buyer,
  work: PreparedPost,
  part: Part,
  schema: z.ZodType<T>,
  call: (model: Model) => Promise<Purchase<T>>,
): Promise<{ value: T; model: string }> {
  const chain = chainOf(deps.provider, part);

  async function take(planned: OpenCall): Promise<{ value: T; model: string }> {
    const { model } = planned;
    if (!('callId' in planned)) return { value: schema.parse(planned.bought), model };
    try {
      return { value: await buy(deps, work, part, planned, () => call(chain.model(model))), model };
    } catch (error) {
      const movesOn = error instanceof ProviderError && (error.code === 'PROVIDER_DOWN' || isOutage(error));
      const next = movesOn ? chain.after(model) : undefined;
      const another = next === undefined ? undefined : await openCall(deps, work, part, next);
      if (another === undefined) throw error;
      return take(another);
    }
  }

  const planned = work.calls.find(({ step }) => step === stepOf(work, part));
  if (planned === undefined) throw new Error(`the ${part} is not in the ledger`);
  return take(planned);
}

/**
 * Opens a call of another model in the ledger.
 *
 * @returns undefined if the ledger refuses it. Then the post goes back to the queue, where the refusal is acted on.
 */
async function openCall(
  deps: Buyer,
  work: PreparedPost,
  part: Part,
  model: string,
): Promise<OpenCall | undefined> {
  const [opened] = await deps.ledger.open([{ work, calls: [planCall(deps, work, part, model)] }]);
  const call = opened !== undefined && 'calls' in opened ? opened.calls[0] : undefined;
  if (call !== undefined && 'callId' in call) await deps.ledger.sent([call.callId]);
  return call;
}

/** Sends a call, and settles it in the ledger or ends it there. */
async function buy<T extends Caption | string>(
  deps: Buyer,
  work: PreparedPost,
  part: Part,
  planned: PaidCall,
  call: () => Promise<Purchase<T>>,
): Promise<T> {
  const { ledger, useless } = deps;
  const { model } = planned;
  const { atMost } = planCall(deps, work, part, model);
  const sentAt = performance.now();
  const latencyMs = () => Math.round(performance.now() - sentAt);
  const answer = await call().catch(async (error: unknown) => {
    const isKnown = error instanceof ProviderError;
    const { paid, usage } = isKnown ? error : interrupted;
    // Why a provider counts as down.
    const { code } = isKnown ? (error.cause instanceof ProviderError ? error.cause : error) : interrupted;
    await ledger.fail(planned, {
      status: paid === 'MAYBE' ? 'UNKNOWN' : 'FAILED',
      errorCode: code,
      usage: paid === 'YES' ? chargedUsage(usage, atMost) : undefined,
      latencyMs: latencyMs(),
    });
    if (isKnown && isUseless(error) && useless.add(work.batchId, model))
      throw new ProviderError('PROVIDER_ANSWERS_USELESS', { cause: error });
    throw error;
  });
  useless.reset(work.batchId, model);
  const { usage, requestId, value: result } = answer;
  await ledger.settle(planned, {
    usage: chargedUsage(usage, atMost),
    requestId,
    result,
    latencyMs: latencyMs(),
  });
  return result;
}

/** The outcome of a call that was aborted, or whose image could not be stored. */
const interrupted = { code: 'INTERRUPTED', paid: 'MAYBE', usage: undefined } as const;

/** Whether the next post's call would probably fail in the same way. */
function isUseless({ code }: ProviderError): boolean {
  return code === 'BAD_ANSWER' || code === 'INVALID_REQUEST';
}
