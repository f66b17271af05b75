import { InvalidInputError, NotFoundError, UnauthenticatedError } from '../../../domain/errors/errors.ts';
import type { Quote } from '../../../services/batches/quotes.ts';
import { builder } from '../../builder.ts';
import { requireViewer } from '../../context.ts';

const QuoteRef = builder.objectRef<Quote>('BatchQuote').implement({
  description: 'What a batch would cost and take, before anything is spent.',
  fields: (t) => ({
    expectedCost: t.exposeFloat('expectedCost', { description: 'US dollars that it will probably cost.' }),
    maximumCost: t.exposeFloat('maximumCost', {
      description: 'US dollars that it costs at the very most, retries apart.',
    }),
    estimatedSeconds: t.exposeFloat('estimatedSeconds', {
      description: 'From its start to its last post, as things stand.',
    }),
    queuePosition: t.exposeInt('queuePosition', {
      description: 'How many posts of anybody would be made before its first one.',
    }),
  }),
});

const QuoteBatchInput = builder.inputType('QuoteBatchInput', {
  description: 'The batch to quote.',
  fields: (t) => ({
    campaignId: t.id({ description: 'The campaign its posts would be written for.' }),
    postCount: t.int({ description: 'How many posts, from 1 to 10,000.' }),
  }),
});

builder.queryField('quoteBatch', (t) =>
  t.field({
    type: QuoteRef,
    description: 'What a batch would cost and take, before anything is spent.',
    args: { input: t.arg({ type: QuoteBatchInput, description: 'The batch to quote.' }) },
    errors: {
      types: [InvalidInputError, NotFoundError, UnauthenticatedError],
      union: { name: 'QuoteBatchResult', description: 'The quote, or why there is none.' },
    },
    resolve: (_root, { input }, context) => context.quotes.quote(requireViewer(context), input),
  }),
);
