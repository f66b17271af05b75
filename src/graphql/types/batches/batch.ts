import {
  elapsedSeconds,
  postsPerSecond,
  remainingCount,
  shownCounts,
  successRate,
  type BatchCounts,
} from '../../../domain/batches/progress.ts';
import { dollars } from '../../../domain/money/pricing.ts';
import { ownedBy } from '../../../store/ownership.ts';
import { pauseGuide, waitGuide } from '../../../domain/errors/guide.ts';
import { builder } from '../../builder.ts';
import { codeEnum } from '../codes.ts';
import { requireViewer } from '../../context.ts';
import { campaignOf, CampaignNode, ChannelEnum } from '../campaigns/campaign.ts';

export const BatchStatusEnum = builder.enumType('BatchStatus', {
  description: 'The status of a batch.',
  values: {
    PLANNED: {
      description:
        'The plan of the batch is complete and waits for approval. Its posts are written after that.',
    },
    RUNNING: { description: 'The batch has posts that are not final yet.' },
    PAUSED: { description: 'The batch starts no more posts; `pauseReason` says why.' },
    COMPLETED: { description: 'All posts of the batch are final; some may have failed.' },
    CANCELLED: { description: 'The batch was cancelled.' },
  },
});

export const PauseReasonEnum = codeEnum('PauseReason', 'Why a batch is paused.', pauseGuide);

const WaitReasonEnum = codeEnum('WaitReason', 'Why a running batch makes no progress.', waitGuide);

export const BatchPriorityEnum = builder.enumType('BatchPriority', {
  description:
    'The priority of a batch among the batches of its workspace. Other workspaces are not affected.',
  values: {
    LOW: { description: 'The batch comes after the others.' },
    NORMAL: { description: 'The batch comes in the order of its start.' },
    HIGH: { description: 'The batch comes before the others.' },
  },
});

export const BatchProgressRef = builder.objectRef<BatchCounts>('BatchProgress').implement({
  description: 'The post counters of a batch at one point in time.',
  fields: (t) => ({
    postCount: t.exposeInt('postCount', {
      description: 'The number of ordered posts, without deleted ones.',
    }),
    completedCount: t.exposeInt('completedCount', { description: 'The number of completed posts.' }),
    failedCount: t.exposeInt('failedCount', { description: 'The number of failed posts.' }),
    cancelledCount: t.exposeInt('cancelledCount', { description: 'The number of cancelled posts.' }),
    foundCount: t.exposeInt('foundCount', {
      description: 'The number of posts whose captions have findings of the checks.',
    }),
    remainingCount: t.int({
      description: 'The number of posts that are not final yet.',
      resolve: remainingCount,
    }),
    successRate: t.float({
      nullable: true,
      description:
        'Completed posts divided by completed and failed posts, 0 to 1. Null before the first of them.',
      resolve: successRate,
    }),
  }),
});

export const BatchNode = builder.prismaNode('Batch', {
  id: { field: 'id' },
  nullable: true,
  description: 'An order for a number of posts, with one progress and one cost.',
  findUnique: (id, context) => ({ id, ...ownedBy(requireViewer(context)) }),
  fields: (t) => ({
    status: t.expose('status', { type: BatchStatusEnum, description: 'The status of the batch.' }),
    targetAudience: t.exposeString('targetAudience', {
      nullable: true,
      description: 'The people that the posts address; null if they are those of the campaign.',
    }),
    itemCount: t.exposeInt('itemCount', {
      description:
        'The number of items of the plan, each with a post for every channel and language. 0: the posts have no plan.',
    }),
    channels: t.field({
      type: [ChannelEnum],
      description: 'The channels that each item of the plan has posts for.',
      resolve: ({ channels, channel }) => (channels.length === 0 ? [channel] : channels),
    }),
    languages: t.stringList({
      description: 'The languages that each item of the plan has posts in, as BCP 47 tags.',
      resolve: async (batch, _args, context) =>
        batch.languages.length === 0 ? [(await campaignOf(batch, context)).language] : batch.languages,
    }),
    needsApproval: t.exposeBoolean('needsApproval', {
      description: 'Whether no post is written before a person has approved the plan.',
    }),
    progress: t.field({
      type: BatchProgressRef,
      description: 'The current post counters of the batch.',
      resolve: shownCounts,
    }),
    elapsedSeconds: t.float({
      description: 'Seconds from the start to the end, or to now while the batch is not finished.',
      resolve: (batch, _args, { now }) => elapsedSeconds(batch, batch.finishedAt ?? now()),
    }),
    postsPerSecond: t.float({
      description: 'Completed posts per second since the start.',
      resolve: (batch, _args, { now }) => postsPerSecond(batch, batch.finishedAt ?? now()),
    }),
    cost: t.field({
      type: 'Money',
      description: 'The cost so far in US dollars, as paid to the AI provider.',
      resolve: ({ id }, _args, { loaders }) => loaders().batchCosts.load(id),
    }),
    maxCost: t.field({
      type: 'Money',
      nullable: true,
      description:
        'The cost limit in US dollars; the batch pauses before it costs more. Null if there is no limit.',
      resolve: ({ maxCostMicros }) => (maxCostMicros === null ? null : dollars(maxCostMicros)),
    }),
    priority: t.expose('priority', {
      type: BatchPriorityEnum,
      description: 'The priority of the batch among the batches of its workspace.',
    }),
    pauseReason: t.expose('pauseReason', {
      type: PauseReasonEnum,
      nullable: true,
      description: 'Why the batch is paused. Fix the cause, then resume it. Null if it is not paused.',
    }),
    waitingFor: t.field({
      type: WaitReasonEnum,
      nullable: true,
      description: 'Why a running batch makes no progress. Null while it makes progress.',
      resolve: ({ status }, _args, { loaders }) =>
        status === 'RUNNING' ? loaders().outage.load('now') : null,
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'The time when the batch was started.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'The time when the last post became final; null before that.',
    }),
    campaign: t.field({
      type: CampaignNode,
      description: 'The campaign that the posts are written for.',
      resolve: (batch, _args, context) => campaignOf(batch, context),
    }),
  }),
});
