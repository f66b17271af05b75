import { z } from 'zod';
import { channelNames, channels, tones } from '../../../domain/posts/channels.ts';
import { ownedBy } from '../../../store/ownership.ts';
import { builder } from '../../builder.ts';
import { requireViewer } from '../../context.ts';

export const ToneEnum = builder.enumType('Tone', {
  description: 'How a campaign speaks.',
  values: describe(tones, (tone) => `In a way that is ${tone.toLowerCase()}.`),
});
export const ChannelEnum = builder.enumType('Channel', {
  description: 'Where posts will appear; sets their limits.',
  values: describe(channelNames, (name) => {
    const { label, maxCaptionCharacters, maxHashtags } = channels[name];
    return `${label}: at most ${maxCaptionCharacters} characters and ${maxHashtags} hashtags.`;
  }),
});
export const CampaignStatusEnum = builder.enumType('CampaignStatus', {
  description: 'Whether a campaign is in use.',
  values: {
    ACTIVE: { description: 'Takes new batches.' },
    ARCHIVED: { description: 'Is kept, and takes no new batch.' },
  },
});

function describe<Name extends string>(names: readonly Name[], tell: (name: Name) => string) {
  const values = Object.fromEntries(names.map((name) => [name, { description: tell(name), value: name }]));
  return z.record(z.enum(names), z.object({ description: z.string(), value: z.enum(names) })).parse(values);
}

export const CampaignNode = builder.prismaNode('Campaign', {
  id: { field: 'id' },
  nullable: true,
  description: 'The frame that every post is written in.',
  findUnique: (id, context) => ({ id, ...ownedBy(requireViewer(context)) }),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Your name for it.' }),
    brand: t.exposeString('brand', { description: 'Who speaks.' }),
    description: t.exposeString('description', { description: 'What it is about.' }),
    tone: t.expose('tone', { type: ToneEnum, description: 'How it speaks.' }),
    targetAudience: t.exposeString('targetAudience', { description: 'Who is spoken to.' }),
    language: t.exposeString('language', {
      description: 'The language of captions, as a BCP 47 tag such as `de` or `pt-BR`.',
    }),
    channel: t.expose('channel', { type: ChannelEnum, description: 'Where the posts will appear.' }),
    status: t.expose('status', { type: CampaignStatusEnum, description: 'Whether it is in use.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
});
