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
import { BatchNode } from './batch.ts';

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
