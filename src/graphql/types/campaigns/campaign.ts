import { z } from 'zod';
import { channelNames, channels, tones, type Tone } from '../../../domain/posts/channels.ts';
import type { Campaign } from '../../../store/generated/prisma/client.ts';
import { ownedBy, ownerOf } from '../../../store/ownership.ts';
import { builder } from '../../builder.ts';
import { present } from '../../connections.ts';
import { requireViewer, type Context } from '../../context.ts';

const toneDescriptions: Readonly<Record<Tone, string>> = {
  PROFESSIONAL: 'Matter-of-fact and competent, for readers who decide.',
  FRIENDLY: 'Warm and close, as one would speak to a neighbour.',
  PLAYFUL: 'Light and witty, with a wink.',
  INSPIRING: 'Hopeful, about what could be.',
  BOLD: 'Short and confident; it takes a stand.',
  ELEGANT: 'Quiet and refined, with few words.',
  INFORMATIVE: 'Facts first, numbers instead of superlatives.',
};

export const ToneEnum = builder.enumType('Tone', {
  description: 'The tone of voice of a campaign.',
  values: describe(tones, (tone) => toneDescriptions[tone]),
});
export const ChannelEnum = builder.enumType('Channel', {
  description: 'A social network where posts appear. It sets the limits of their captions and hashtags.',
  values: describe(channelNames, (name) => {
    const { label, maxCaptionCharacters, maxHashtags, countsHashtags } = channels[name];
    const counted = countsHashtags ? ' with their hashtags' : '';
    return `${label}: captions of at most ${maxCaptionCharacters} characters${counted}, and at most ${maxHashtags} ${maxHashtags === 1 ? 'hashtag' : 'hashtags'}.`;
  }),
});
export const CampaignStatusEnum = builder.enumType('CampaignStatus', {
  description: 'The status of a campaign.',
  values: {
    ACTIVE: { description: 'The campaign accepts new batches.' },
    ARCHIVED: { description: 'The campaign accepts no new batches.' },
  },
});

function describe<Name extends string>(names: readonly Name[], descriptionOf: (name: Name) => string) {
  const values = Object.fromEntries(
    names.map((name) => [name, { description: descriptionOf(name), value: name }]),
  );
  return z.record(z.enum(names), z.object({ description: z.string(), value: z.enum(names) })).parse(values);
}

export const CampaignNode = builder.prismaNode('Campaign', {
  id: { field: 'id' },
  nullable: true,
  description: 'A campaign: the brand, tone, audience, language and channel that its posts are written for.',
  findUnique: (id, context) => ({ id, ...ownedBy(requireViewer(context)) }),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name of the campaign.' }),
    brand: t.exposeString('brand', { description: 'The brand that the posts speak for.' }),
    description: t.exposeString('description', { description: 'The subject and goal of the campaign.' }),
    tone: t.expose('tone', { type: ToneEnum, description: 'The tone of voice of the posts.' }),
    targetAudience: t.exposeString('targetAudience', { description: 'The people that the posts address.' }),
    language: t.exposeString('language', {
      description: 'The language of the captions, as a BCP 47 tag such as `de` or `pt-BR`.',
    }),
    channel: t.expose('channel', { type: ChannelEnum, description: 'The channel where the posts appear.' }),
    status: t.expose('status', {
      type: CampaignStatusEnum,
      description: 'Whether the campaign accepts new batches.',
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'The time when the campaign was created.',
    }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'The time when the campaign was last changed.',
    }),
  }),
});

/** Loads the campaign of a batch or a post, once for all that ask in one request. */
export async function campaignOf(
  { ownerId, campaignId }: { ownerId: string; campaignId: string },
  { loaders }: Context,
): Promise<Campaign> {
  const owner = ownerOf({ ownerId });
  return present(await loaders().campaigns.byId.load({ owner, id: campaignId }), 'campaign');
}
