import { InvalidInputError, NotFoundError, UnauthenticatedError } from '../../../domain/errors/errors.ts';
import type { Quote } from '../../../services/batches/quotes.ts';
import { builder } from '../../builder.ts';
import { requireViewer } from '../../context.ts';

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

const QuoteBatchInput = builder.inputType('QuoteBatchInput', {
  description: 'The campaign and the number of posts to quote.',
  fields: (t) => ({
    campaignId: t.id({ description: 'The id of the campaign.' }),
    postCount: t.int({ description: 'The number of posts, 1 to 10,000.' }),
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
