import type { z } from 'zod';
import { pausesBatch, ProviderError } from '../../domain/errors/provider-errors.ts';
import { answeredItemSchema, answeredItemsSchema, fillItem, itemParts } from '../../domain/plans/item.ts';
import type { PlannedItem } from '../../domain/plans/item.ts';
import { createSieve } from '../../domain/plans/sieve.ts';
import { createItemReader } from '../../domain/plans/streamed-items.ts';
import { asksOfWindow, hooksTold, maxPlanTokens, planUsageAtMost } from '../../domain/plans/usage.ts';
import { itemsOfWindow, windowsOf, type PlanWindow } from '../../domain/plans/windows.ts';
import { planMessages, type PlanRequest } from '../../domain/prompts/plan.ts';
import type { Provider } from '../../provider/provider.ts';
import type { ItemState, Plans } from '../../services/plans/plans.ts';
import type { PlanPayload, PlanResult, PlanWork } from '../../services/plans/runs.ts';
import type { RunKind } from '../../services/runs/kind.ts';
import type { JobKind } from '../job-kind.ts';
import { demandOf, type StepCall, type Steps } from '../steps.ts';
import { messagesOf } from './post-parts.ts';

type Deps = { provider: Pick<Provider, 'text'>; plans: Plans };

/** Windows that are bought at the same time: their angle families are different. */
const windowsAtOnce = 5;

const takesOf = (...request: Parameters<typeof maxPlanTokens>) => ({
  requests: 1,
  tokens: maxPlanTokens(...request),
});

/** Runs that plan a batch: item by item, while the answers arrive. */
export function createPlanBatch(
  { provider, plans }: Deps,
  runs: RunKind<PlanWork, PlanResult, PlanPayload>,
): JobKind<PlanWork, PlanResult, PlanPayload> {
  return {
    runs,
    needs: ['text'],
    demand: () => demandOf(provider.text.serving(), takesOf(itemsOfWindow)),
    run: async (work, steps, signal) => ({
      result: { status: 'COMPLETED', items: await planItems({ provider, plans }, work, steps, signal) },
    }),
  };
}

/**
 * Plans the items of a batch that are not planned, window by window. Each item that differs from those before it is written when it
 * arrives, except the last one. A window that fails does not stop the others.
 *
 * @returns the last item; none if something could not be planned.
 * @throws as `Steps`, and LeaseLostError. What a later attempt may plan, the last attempt leaves out.
 */
async function planItems(
  { provider, plans }: Deps,
  work: PlanWork & { payload: PlanPayload },
  steps: Steps,
  signal: AbortSignal,
): Promise<PlannedItem[]> {
  const { brief, payload } = work;
  const items = await plans.items(work.batchId);
  const sieve = createSieve();
  const unplanned = new Map<number, ItemState>();
  for (const item of items) {
    if (!item.isPlanned) unplanned.set(item.position, item);
    else sieve.add(textsOf(item));
  }
  const last: PlannedItem[] = [];
  const writes: Promise<void>[] = [];
  let failure: ProviderError | undefined;

  function accept(item: PlannedItem): void {
    unplanned.delete(item.position);
    sieve.add(item);
    if (unplanned.size === 0) return void last.push(item);
    const written = plans.write(work, item);
    written.catch(() => undefined);
    writes.push(written);
  }

  async function plan(window: PlanWindow): Promise<void> {
    const refused = new Map<number, PlannedItem>();
    try {
      for (let nth = 1; nth <= asksOfWindow; nth += 1) {
        const positions = window.positions.filter((position) => unplanned.has(position));
        if (positions.length === 0) return;
        await ask(nameOf(payload.round, window, nth), { ...window, positions }, refused);
      }
    } catch (error) {
      if (!(error instanceof ProviderError) || pausesBatch(error.code) || error.code === 'PROVIDER_DOWN')
        throw error;
      // The same request would be refused again; any other failure may pass.
      if (error.retryable) failure ??= error;
    }
    for (const item of refused.values()) if (unplanned.has(item.position)) accept(item);
  }

  /** Buys the items of a window. @param refused gets those that are too much like others. */
  async function ask(
    name: string,
    { positions, families }: PlanWindow,
    refused: Map<number, PlannedItem>,
  ): Promise<void> {
    const given = positions.flatMap((position) => givenOf(unplanned.get(position)));
    const taken = sieve.hooks(hooksTold);
    const request: PlanRequest = { positions, given, families, taken, instruction: payload.instruction };
    const asked = new Set(positions);

    function take(answer: unknown): void {
      const { data } = answeredItemSchema.safeParse(answer);
      const wanted = data && asked.has(data.position) ? unplanned.get(data.position) : undefined;
      const item = data && wanted && fillItem(wanted, data);
      if (item === undefined) return;
      // A hook that a person gave may be like another.
      if (wanted?.hook != null || sieve.passes(item)) accept(item);
      else refused.set(item.position, item);
    }

    const write: StepCall<z.infer<typeof answeredItemsSchema>> = (model, until) => {
      const read = createItemReader();
      return model.generateObject(
        {
          schema: answeredItemsSchema,
          messages: messagesOf(planMessages(brief, request)),
          maxTokens: maxPlanTokens(positions.length, given),
          onText: (piece) => read(piece).forEach(take),
        },
        until,
      );
    };
    const { value } = await steps.buy(
      {
        name,
        chain: provider.text,
        atMost: planUsageAtMost(brief, request),
        takes: takesOf(positions.length, given),
        schema: answeredItemsSchema,
      },
      write,
      signal,
    );
    value.items.forEach(take);
  }

  const queue = windowsOf([...unplanned.keys()]).values();
  let hasFailed = false;
  const buyers = Array.from({ length: windowsAtOnce }, async () => {
    for (const window of queue) {
      if (hasFailed) return;
      await plan(window);
    }
  });
  for (const buyer of buyers) buyer.catch(() => (hasFailed = true));
  const ends = await Promise.allSettled(buyers);
  await Promise.all(writes);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  if (failure !== undefined && unplanned.size > 0 && !work.isLastAttempt) throw failure;
  return last;
}

/** The name of the `nth` ask for a window: `plan:0:1-20`, `plan:0:1-20:again`, `plan:0:1-20:again:2`. */
function nameOf(round: number, { from, to }: PlanWindow, nth: number): string {
  const first = `plan:${round}:${from}-${to}`;
  return nth === 1 ? first : nth === 2 ? `${first}:again` : `${first}:again:${nth - 1}`;
}

/** An item as far as it is planned, as the sieve compares it. */
function textsOf({ angle, hook, keyMessage }: ItemState) {
  return { angle: angle ?? '', hook: hook ?? '', keyMessage: keyMessage ?? '' };
}

/** @returns the parts that people gave; nothing if there are none. */
function givenOf(item: ItemState | undefined): PlanRequest['given'] {
  if (item === undefined) return [];
  const parts = itemParts.flatMap((part) => (item[part] === null ? [] : [[part, item[part]] as const]));
  return parts.length === 0 ? [] : [{ position: item.position, ...Object.fromEntries(parts) }];
}
