import type { builder } from '../../builder.ts';
import { ChannelEnum } from '../campaigns/campaign.ts';

type InputFields = PothosSchemaTypes.InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>;

/** What is made of each item of a batch, in an input. All of them may be left out. */
export const variantFields = (t: InputFields) => ({
  channels: t.field({
    type: [ChannelEnum],
    required: false,
    description: 'The channels that each post is written for. The default is the channel of the campaign.',
  }),
  languages: t.stringList({
    required: false,
    description:
      'The languages that each post is written in, as BCP 47 tags such as `de` or `pt-BR`, at most 20. The default is the language of the campaign.',
  }),
  imageCandidates: t.int({
    required: false,
    description: 'The number of images to choose from for each post, 1 to 4. The default is 1.',
  }),
});
