import {
  ApprovePlanDocument,
  CancelBatchDocument,
  expectResult,
  PlanDocument,
  QuoteBatchDocument,
  type PlanItemCardFragment,
  type PlanQuery,
} from '../../../client/index.ts';
import { dollars } from '../report.ts';
import type { Job, Order } from './job.ts';
import { count, seconds } from '../text.ts';

/** The plan of a batch. */
export type Plan = {
  /** 0: its posts have no plan. */
  itemCount: number;
  items: PlanItemCardFragment[];
};

/** Reads the plan as it is now. */
export async function readPlan({ client, batch }: Order, signal: AbortSignal): Promise<Plan> {
  const items: PlanItemCardFragment[] = [];
  for (let after: string | null = null; ;) {
    const read: PlanQuery = await client.run(
      PlanDocument,
      { batchId: batch.id, first: 100, after },
      { signal },
    );
    const { itemCount = 0, plan } = read.batch ?? {};
    items.push(...(plan?.edges.map(({ node }) => node) ?? []));
    if (plan?.pageInfo.hasNextPage !== true) return { itemCount, items };
    after = plan.pageInfo.endCursor;
  }
}

/**
 * Shows what the posts of a plan will cost, and asks whether they are to be written. If nobody can be asked, they are. If the
 * answer is no, the batch is cancelled.
 *
 * @returns whether posts are written.
 */
export async function review(order: Order, { url, brief, screen, signal }: Job): Promise<boolean> {
  const { client, batch, campaignId, user } = order;
  const { itemCount, variants, postCount } = brief;
  const input = {
    campaignId,
    postCount: itemCount,
    channels: [...variants.channels],
    languages: [...variants.languages],
  };
  const { quoteBatch } = await client.run(QuoteBatchDocument, { input }, { signal });
  const { expectedCost, maximumCost, estimatedSeconds } = expectResult(quoteBatch, 'BatchQuote');
  screen.print(
    `\n  ${count(postCount, 'post')} will cost about ${dollars(expectedCost)}, at most ${dollars(maximumCost)}, and take about ${seconds(estimatedSeconds * 1000, 0)}.`,
  );
  screen.print(`  To change the plan first: GraphiQL at ${url}, as ${user.email} with ${user.password}\n`);
  const answer = await screen.ask('Write them?', signal);
  if (answer === false) {
    expectResult(
      (await client.run(CancelBatchDocument, { batchId: batch.id }, { signal })).cancelBatch,
      'Batch',
    );
    return false;
  }
  const { approvePlan } = await client.run(ApprovePlanDocument, { batchId: batch.id }, { signal });
  expectResult(approvePlan, 'Batch');
  screen.done(
    answer === undefined ? 'Plan approved at once: there is no terminal to ask on' : 'Plan approved',
  );
  return true;
}
