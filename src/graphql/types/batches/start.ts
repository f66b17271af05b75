import {
  CampaignStateError,
  ForbiddenError,
  IdempotencyConflictError,
  InvalidInputError,
  NotFoundError,
  OrderLimitError,
  UnauthenticatedError,
} from '../../../domain/errors/errors.ts';
import { builder } from '../../builder.ts';
import { requireViewer } from '../../context.ts';
import { partFields } from '../plans/parts.ts';
import { BatchNode, BatchPriorityEnum } from './batch.ts';
import { variantFields } from './variants.ts';

const PlanRowInput = builder.inputType('PlanRowInput', {
  description: 'What is given of one item of a plan. Every part may be left out.',
  fields: partFields,
});

const StartBatchInput = builder.inputType('StartBatchInput', {
  description: 'The campaign, the number of posts and the limits of a new batch.',
  fields: (t) => ({
    campaignId: t.id({ description: 'The id of the campaign that the posts are written for.' }),
    postCount: t.int({
      required: false,
      description:
        'The number of posts; with several channels or languages, for each of them. At most 10,000 posts in all. The default is the number of `rows`.',
    }),
    ...variantFields(t),
    rows: t.field({
      type: [PlanRowInput],
      required: false,
      description: 'What is given of the plan, a row for each post. What a row leaves out is planned.',
    }),
    review: t.boolean({
      required: false,
      description:
        'True stops the batch at the status `PLANNED`: posts are written when its plan is approved. False by default.',
    }),
    targetAudience: t.string({
      required: false,
      description:
        'The people that the posts address, at most 500 characters. The default is the audience of the campaign.',
    }),
    maxCost: t.float({
      required: false,
      description: 'The cost limit in US dollars, at most 1,000,000. The batch pauses before it costs more.',
    }),
    priority: t.field({
      type: BatchPriorityEnum,
      required: false,
      description: 'The priority among the batches of the workspace; `NORMAL` by default.',
    }),
    idempotencyKey: t.string({
      required: false,
      description:
        'A key of your choice, at most 200 characters. Requests with the same key and input return the same batch for 24 hours.',
    }),
  }),
});

builder.mutationField('startBatch', (t) =>
  t.field({
    type: BatchNode,
    access: 'EDITOR',
    description:
      'Starts a batch of posts and returns at once. Follow the batch with the subscription `batchEvents`.',
    args: { input: t.arg({ type: StartBatchInput, description: 'The batch to start.' }) },
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
      union: { name: 'StartBatchResult', description: 'The new batch, or an error.' },
    },
    resolve: (_root, { input }, context) => context.batches.start(requireViewer(context), input),
  }),
);
