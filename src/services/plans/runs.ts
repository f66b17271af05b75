import { z } from 'zod';
import type { Changes } from '../../cache/changes.ts';
import { brandContentSchema } from '../../domain/brands/brand.ts';
import type { PlannedItem } from '../../domain/plans/item.ts';
import type { Channel, Tone } from '../../domain/posts/channels.ts';
import type { PlanBrief } from '../../domain/prompts/plan.ts';
import type { RunFailure, Work } from '../../domain/runs/work.ts';
import type { Transaction } from '../../store/database.ts';
import type { Batch } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { appendBatchEvents, type NewEvent } from '../batches/change.ts';
import { runOf, type RunKind } from '../runs/kind.ts';
import { addRuns } from '../runs/queue.ts';
import { writeItems } from './items.ts';

const planPayload = z.object({
  /** Counts the requests to plan (`batches.planRound`). */
  round: z.int().nonnegative(),
  /** What a person asked for when the batch was planned again. */
  instruction: z.string().nullable(),
});

export type PlanPayload = z.infer<typeof planPayload>;

/** A batch that this worker may plan. */
export type PlanWork = Work & { batchId: string; brief: PlanBrief };

/** The items that a run has not written yet: the last one, so that the run ends before its batch can. */
export type PlanResult = { status: 'COMPLETED'; items: readonly PlannedItem[] };

/** A longer plan would hold a slot of short runs for minutes. */
const mostShortItems = 100;

const kind = { name: 'plan-batch', payload: planPayload };

/** Adds the run that plans what is not planned of a batch. The batch is locked, and has no such run. */
export async function addPlanRun(
  jobs: Jobs,
  tx: Transaction,
  { id, ownerId, campaignId, itemCount }: Pick<Batch, 'id' | 'ownerId' | 'campaignId' | 'itemCount'>,
  payload: PlanPayload,
): Promise<void> {
  const run = { subjectId: id, batchId: id, campaignId, isShort: itemCount <= mostShortItems, payload };
  await addRuns(jobs, tx, ownerId, [runOf(kind, run)]);
}

/** What runs that plan batches do to them. */
export function createPlanRuns({
  jobs,
  changes,
}: {
  jobs: Jobs;
  changes: Changes;
}): RunKind<PlanWork, PlanResult, PlanPayload> {
  return {
    ...kind,
    begin,
    // Items that are written stay.
    putBack: async () => undefined,
    async settle(tx, ended) {
      const events = [];
      for (const { work, result } of ended) {
        const batchId = work.subjectId;
        const told = await endPlan(jobs, tx, batchId, result);
        events.push(...told.map((event) => ({ batchId, event })));
      }
      return appendBatchEvents(tx, events);
    },
    changed(works) {
      for (const ownerId of new Set(works.map((work) => work.ownerId))) changes.workspace(ownerId);
    },
  };
}

type BegunBatch = {
  batchId: string;
  brand: string;
  description: string;
  tone: Tone;
  targetAudience: string;
  language: string;
  channels: Channel[];
  languages: string[];
  itemCount: number;
  brandContent: unknown;
};

async function begin(tx: Transaction, works: readonly Work[]): Promise<PlanWork[]> {
  const rows = await tx.$queryRaw<BegunBatch[]>`
    SELECT b.id AS "batchId", c.brand, c.description, c.tone::text AS tone, c.language, b."itemCount",
           coalesce(b."targetAudience", c."targetAudience") AS "targetAudience",
           CASE b.channels WHEN '{}' THEN ARRAY[b.channel::text] ELSE b.channels::text[] END AS channels,
           CASE b.languages WHEN '{}' THEN ARRAY[c.language] ELSE b.languages END AS languages, v.content AS "brandContent"
    FROM batches b JOIN campaigns c ON c.id = b."campaignId"
    LEFT JOIN brands k ON k.id = c."brandId" LEFT JOIN brand_versions v ON v."brandId" = k.id AND v.number = k.version
    WHERE b.id = ANY(${works.map(({ subjectId }) => subjectId)}::uuid[])`;
  const batches = new Map(rows.map((row) => [row.batchId, row]));
  return works.flatMap((work) => {
    const batch = batches.get(work.subjectId);
    if (batch === undefined) return [];
    const { batchId, brandContent, ...campaign } = batch;
    const content = brandContent === null ? undefined : brandContentSchema.parse(brandContent);
    return [{ ...work, batchId, brief: { ...campaign, brandContent: content } }];
  });
}

/**
 * Writes the end of a plan. What could not be planned is written from the brief alone; a batch that needs an approval waits for it.
 *
 * @returns the events of it.
 */
async function endPlan(
  jobs: Jobs,
  tx: Transaction,
  batchId: string,
  result: PlanResult | RunFailure,
): Promise<NewEvent[]> {
  const items = result.status === 'COMPLETED' ? result.items : [];
  const written = items.length === 0 ? [] : await writeItems(jobs, tx, batchId, items);
  const { needsApproval, itemCount } = await tx.batch.findUniqueOrThrow({ where: { id: batchId } });
  const plannedCount = await tx.planItem.count({ where: { batchId, plannedAt: { not: null } } });
  if (needsApproval)
    await tx.batch.update({ where: { id: batchId }, data: { status: 'PLANNED', pauseReason: null } });
  else if (plannedCount < itemCount)
    // Reconciliation adds the runs of the posts whose items are not planned.
    await tx.batch.update({ where: { id: batchId }, data: { reconcileFrom: 1 } });
  return [...written, { type: 'BATCH_PLANNED', plannedCount }];
}
