import { InvalidInputError, NotFoundError, UnauthenticatedError } from '../../../domain/errors/errors.ts';
import type { Quote } from '../../../services/batches/quotes.ts';
import { builder } from '../../builder.ts';
import { requireViewer } from '../../context.ts';
import { toGlobalId } from '../../../domain/ids.ts';
import { BatchNode } from './batch.ts';
import { variantFields } from './variants.ts';

const QuoteRef = builder.objectRef<Quote>('BatchQuote').implement({
  description: 'The estimated cost and duration of a batch. Asking for it costs nothing.',
  fields: (t) => ({
    expectedCost: t.expose('expectedCost', {
      type: 'Money',
      description: 'The expected cost in US dollars.',
    }),
    maximumCost: t.expose('maximumCost', {
      type: 'Money',
      description: 'The maximum cost in US dollars, without retries.',
    }),
    estimatedSeconds: t.exposeFloat('estimatedSeconds', {
      description: 'Estimated seconds from the start to the last post, under the current load.',
    }),
    queuePosition: t.exposeInt('queuePosition', {
      description: 'The number of posts of all workspaces that come before its first post.',
    }),
  }),
});

builder.objectField(BatchNode, 'quote', (t) =>
  t.field({
    type: QuoteRef,
    nullable: true,
    description:
      'The estimated cost and duration of its posts while its plan waits for approval; null at any other time.',
    resolve: ({ status, campaignId, itemCount, channels, languages, imageCandidates }, _args, context) =>
      status !== 'PLANNED'
        ? null
        : context.quotes.quote(
            requireViewer(context),
            {
              campaignId: toGlobalId('Campaign', campaignId),
              postCount: itemCount,
              channels,
              languages,
              imageCandidates,
            },
            { isPlanned: true },
          ),
  }),
);

const QuoteBatchInput = builder.inputType('QuoteBatchInput', {
  description: 'The campaign and the number of posts to quote.',
  fields: (t) => ({
    campaignId: t.id({ description: 'The id of the campaign.' }),
    postCount: t.int({
      description:
        'The number of posts, or of rows; with several channels or languages, for each of them. At most 10,000 posts in all.',
    }),
    ...variantFields(t),
  }),
});

builder.queryField('quoteBatch', (t) =>
  t.field({
    type: QuoteRef,
    description: 'The estimated cost and duration of a batch. Asking for it costs nothing.',
    args: {
      input: t.arg({ type: QuoteBatchInput, description: 'The campaign and the number of posts to quote.' }),
    },
    errors: {
      types: [InvalidInputError, NotFoundError, UnauthenticatedError],
      union: { name: 'QuoteBatchResult', description: 'The quote, or an error.' },
    },
    resolve: (_root, { input }, context) => context.quotes.quote(requireViewer(context), input),
  }),
);
