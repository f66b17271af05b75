import {
  elapsedSeconds,
  postsPerSecond,
  remainingCount,
  successRate,
  type BatchCounts,
} from '../../domain/batches/progress.ts';
import {
  CampaignStateError,
  ForbiddenError,
  IdempotencyConflictError,
  InvalidInputError,
  NotFoundError,
  OrderLimitError,
  UnauthenticatedError,
} from '../../domain/errors/errors.ts';
import { dollars } from '../../domain/money/pricing.ts';
import { builder } from '../builder.ts';
import { CampaignNode, ChannelEnum } from './campaign.ts';
import {
  Connection,
  DirectionEnum,
  pageArgsOf,
  present,
  TimeRangeInput,
  totalCountOptions,
} from '../connections.ts';
import { requireViewer } from '../context.ts';
import { parseId } from '../ids.ts';
import { newestFirst } from '../../store/lists/lists.ts';
import { ownedBy, ownerOf } from '../../store/ownership.ts';
import type { Batch } from '../../store/generated/prisma/client.ts';

const BatchStatusEnum = builder.enumType('BatchStatus', {
  description: 'Where a batch stands.',
  values: {
    RUNNING: { description: 'Has posts that are not final yet.' },
    PAUSED: { description: 'Starts no further post; `pauseReason` says why.' },
    COMPLETED: { description: 'All its posts are final; some may have failed.' },
    CANCELLED: { description: 'Was called off.' },
  },
});

export const BatchPriorityEnum = builder.enumType('BatchPriority', {
  description: 'Which of your own batches come first. Other accounts are not affected.',
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
        present(await loaders().campaigns.load({ owner: ownerOf({ ownerId }), id: campaignId }), 'campaign'),
    }),
  }),
});

const BatchEdge = builder.edgeObject({
  type: BatchNode,
  name: 'BatchEdge',
  description: 'A batch and its place in the list.',
});
const BatchConnection = builder.connectionObject<typeof BatchNode, Connection<Batch>>(
  {
    type: BatchNode,
    name: 'BatchConnection',
    description: 'A page of batches.',
    fields: (fields) => ({ totalCount: fields.int(totalCountOptions) }),
  },
  BatchEdge,
);

builder.objectField(CampaignNode, 'batches', (t) =>
  t.connection(
    {
      type: BatchNode,
      description: 'Its batches, newest first. Cursors are those of `batches` with its id as filter.',
      resolve: async ({ id, ownerId }, args, context, info) => {
        const { pages, counts } = context.loaders().campaignBatches;
        const owner = ownerOf({ ownerId });
        const page = await pages.load({
          owner,
          page: context.batches.planOf(owner, id, pageArgsOf(args, info)),
        });
        return new Connection(page, () => counts.load({ owner, id }));
      },
    },
    BatchConnection,
    BatchEdge,
  ),
);

const StartBatchInput = builder.inputType('StartBatchInput', {
  description: 'An order for posts.',
  fields: (t) => ({
    campaignId: t.id({ description: 'The campaign they are written for.' }),
    postCount: t.int({ description: 'How many, from 1 to 10,000.' }),
    targetAudience: t.string({
      required: false,
      description: 'Who they speak to, instead of the campaign’s audience. At most 500 characters.',
    }),
    maxCost: t.float({ required: false, description: 'US dollars that it may cost at most.' }),
    idempotencyKey: t.string({
      required: false,
      description:
        'The same key and input answer with the same batch for 24 hours, however often they are sent. At most 200 characters.',
    }),
  }),
});

const BatchFilterInput = builder.inputType('BatchFilter', {
  description: 'Narrows a list of batches; what is left out does not narrow.',
  fields: (t) => ({
    campaignId: t.id({ required: false, description: 'Batches of this campaign.' }),
    status: t.field({ type: [BatchStatusEnum], required: false, description: 'Any of these.' }),
    channel: t.field({ type: [ChannelEnum], required: false, description: 'Of campaigns for any of these.' }),
    created: t.field({ type: TimeRangeInput, required: false, description: 'When they were started.' }),
    search: t.field({
      type: 'NonEmptyString',
      required: false,
      description:
        'Words that name or brand of the campaign hold as they stand, whatever their case. At most 200 characters.',
    }),
  }),
});

const BatchOrderInput = builder.inputType('BatchOrder', {
  description: 'How a list of batches is ordered.',
  fields: (t) => ({
    by: t.field({
      type: builder.enumType('BatchOrderBy', {
        description: 'What batches can be ordered by.',
        values: {
          CREATED_AT: { value: 'createdAt', description: 'When they were started.' },
          POST_COUNT: { value: 'postCount', description: 'How many posts were ordered.' },
        } as const,
      }),
      description: 'By what.',
    }),
    direction: t.field({ type: DirectionEnum, description: 'Which end comes first.' }),
  }),
});

builder.queryFields((t) => ({
  batch: t.field({
    type: BatchNode,
    nullable: true,
    description: 'One of your batches; null where you have none with this id.',
    args: { id: t.arg.id({ description: 'The batch’s id.' }) },
    resolve: (_root, { id }, context) => context.batches.find(requireViewer(context), parseId('Batch', id)),
  }),
  batches: t.connection(
    {
      type: BatchNode,
      description: 'Your batches, newest first unless ordered otherwise.',
      args: {
        filter: t.arg({ type: BatchFilterInput, required: false, description: 'Which batches.' }),
        order: t.arg({ type: BatchOrderInput, required: false, description: 'In which order.' }),
      },
      resolve: async (_root, args, context, info) => {
        const viewer = requireViewer(context);
        const list = {
          filter: args.filter ?? {},
          order: args.order ?? newestFirst,
          page: pageArgsOf(args, info),
        };
        return new Connection(await context.batches.list(viewer, list), () =>
          context.batches.count(viewer, list.filter),
        );
      },
    },
    BatchConnection,
    BatchEdge,
  ),
}));

builder.mutationField('startBatch', (t) =>
  t.field({
    type: BatchNode,
    access: 'EDITOR',
    description: 'Orders a batch of posts. Returns at once; follow it with the subscription `batchEvents`.',
    args: { input: t.arg({ type: StartBatchInput, description: 'The order.' }) },
    errors: {
      types: [
        InvalidInputError,
        NotFoundError,
        CampaignStateError,
        IdempotencyConflictError,
        OrderLimitError,
        UnauthenticatedError,
        ForbiddenError,
      ],
      union: { name: 'StartBatchResult', description: 'The batch, or why there is none.' },
    },
    resolve: (_root, { input }, context) => context.batches.start(requireViewer(context), input),
  }),
);
