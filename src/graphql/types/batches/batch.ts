import {
  elapsedSeconds,
  postsPerSecond,
  remainingCount,
  successRate,
  type BatchCounts,
} from '../../../domain/batches/progress.ts';
import { dollars } from '../../../domain/money/pricing.ts';
import { ownedBy, ownerOf } from '../../../store/ownership.ts';
import { builder } from '../../builder.ts';
import { present } from '../../connections.ts';
import { requireViewer } from '../../context.ts';
import { CampaignNode } from '../campaigns/campaign.ts';

export const BatchStatusEnum = builder.enumType('BatchStatus', {
  description: 'Where a batch stands.',
  values: {
    RUNNING: { description: 'Has posts that are not final yet.' },
    PAUSED: { description: 'Starts no further post; `pauseReason` says why.' },
    COMPLETED: { description: 'All its posts are final; some may have failed.' },
    CANCELLED: { description: 'Was called off.' },
  },
});

export const BatchPriorityEnum = builder.enumType('BatchPriority', {
  description: 'Which of your own batches come first. Other workspaces are not affected.',
  values: {
    LOW: { description: 'After your other ones.' },
    NORMAL: { description: 'In the order they were started.' },
    HIGH: { description: 'Before your other ones.' },
  },
});

export const BatchProgressRef = builder.objectRef<BatchCounts>('BatchProgress').implement({
  description: 'The counters of a batch at one moment.',
  fields: (t) => ({
    postCount: t.exposeInt('postCount', { description: 'How many posts were ordered.' }),
    completedCount: t.exposeInt('completedCount', { description: 'How many are completed.' }),
    failedCount: t.exposeInt('failedCount', { description: 'How many failed.' }),
    cancelledCount: t.exposeInt('cancelledCount', { description: 'How many were called off.' }),
    remainingCount: t.int({ description: 'How many are not final yet.', resolve: remainingCount }),
    successRate: t.float({
      nullable: true,
      description: 'Completed ÷ final posts, from 0 to 1; null before the first is final.',
      resolve: successRate,
    }),
  }),
});

export const BatchNode = builder.prismaNode('Batch', {
  id: { field: 'id' },
  nullable: true,
  description: 'One request for a number of posts: the unit of progress and cost.',
  findUnique: (id, context) => ({ id, ...ownedBy(requireViewer(context)) }),
  fields: (t) => ({
    status: t.expose('status', { type: BatchStatusEnum, description: 'Where it stands.' }),
    targetAudience: t.exposeString('targetAudience', {
      nullable: true,
      description: 'Who its posts speak to, where that is not the campaign’s audience.',
    }),
    progress: t.field({
      type: BatchProgressRef,
      description: 'Its counters now.',
      resolve: (batch) => batch,
    }),
    elapsedSeconds: t.float({
      description: 'From its start to its end, or to now.',
      resolve: (batch, _args, { now }) => elapsedSeconds(batch, batch.finishedAt ?? now()),
    }),
    postsPerSecond: t.float({
      description: 'Completed posts a second since its start.',
      resolve: (batch, _args, { now }) => postsPerSecond(batch, batch.finishedAt ?? now()),
    }),
    cost: t.float({
      description: 'US dollars paid to the AI provider so far.',
      resolve: ({ id }, _args, { loaders }) => loaders().batchCosts.load(id),
    }),
    maxCost: t.float({
      nullable: true,
      description: 'US dollars that it may cost at most; it pauses before it costs more.',
      resolve: ({ maxCostMicros }) => (maxCostMicros === null ? null : dollars(maxCostMicros)),
    }),
    priority: t.expose('priority', {
      type: BatchPriorityEnum,
      description: 'Where it stands among your own batches.',
    }),
    pauseReason: t.exposeString('pauseReason', {
      nullable: true,
      description:
        'Why it is paused: `REQUESTED`, `BATCH_BUDGET_EXCEEDED`, `MONTHLY_BUDGET_EXCEEDED`, `QUOTA_EXHAUSTED`, `PROVIDER_REJECTED_KEY`, `PROVIDER_MODEL_UNAVAILABLE` or `PROVIDER_ANSWERS_USELESS`. Resume it when that is mended.',
    }),
    waitingFor: t.string({
      nullable: true,
      description:
        'Why a running batch does not go on: `PROVIDER_UNAVAILABLE` while the AI provider keeps failing, `PROVIDER_RATE_LIMITED` while it refuses for our rate, `PROVIDER_SLOW` while it answers nothing for twice as long as nearly all its answers take, or the `pauseReason` that the last call of another batch met. Null while it does.',
      resolve: ({ status }, _args, { loaders }) =>
        status === 'RUNNING' ? loaders().outage.load('now') : null,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was started.' }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its last post became final.',
    }),
    campaign: t.field({
      type: CampaignNode,
      description: 'The campaign its posts are written for.',
      resolve: async ({ ownerId, campaignId }, _args, { loaders }) =>
        present(
          await loaders().campaigns.byId.load({ owner: ownerOf({ ownerId }), id: campaignId }),
          'campaign',
        ),
    }),
  }),
});
