import { channelNames, tones } from '../domain/channels.ts';
import { InvalidInputError, UnauthenticatedError } from '../domain/errors.ts';
import { builder } from './builder.ts';
import { toConnection } from './connections.ts';
import { requireViewer } from './context.ts';
import { parseId } from './ids.ts';
import { ownedBy } from '../services/ownership.ts';

const ToneEnum = builder.enumType('Tone', { description: 'How a campaign speaks.', values: tones });
const ChannelEnum = builder.enumType('Channel', {
  description: 'Where posts will appear; sets their limits.',
  values: channelNames,
});
const CampaignStatusEnum = builder.enumType('CampaignStatus', {
  description: 'Whether a campaign is in use.',
  values: ['ACTIVE', 'ARCHIVED'] as const,
});

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

const CreateCampaignInput = builder.inputType('CreateCampaignInput', {
  description: 'A new campaign.',
  fields: (t) => ({
    name: t.string({ description: 'At most 120 characters.' }),
    brand: t.string({ description: 'At most 120 characters.' }),
    description: t.string({ description: 'At most 4,000 characters.' }),
    tone: t.field({ type: ToneEnum, description: 'How it speaks.' }),
    targetAudience: t.string({ description: 'At most 500 characters.' }),
    language: t.string({ description: 'A BCP 47 tag such as `en`, `de` or `pt-BR`.' }),
    channel: t.field({ type: ChannelEnum, description: 'Where the posts will appear.' }),
  }),
});

builder.queryFields((t) => ({
  campaign: t.field({
    type: CampaignNode,
    nullable: true,
    description: 'One of your campaigns; null where you have none with this id.',
    args: { id: t.arg.id({ description: 'The campaign’s id.' }) },
    resolve: (_root, { id }, context) =>
      context.campaigns.find(requireViewer(context), parseId('Campaign', id)),
  }),
  campaigns: t.connection(
    {
      type: CampaignNode,
      description: 'Your campaigns, newest first.',
      resolve: async (_root, args, context) =>
        toConnection(await context.campaigns.list(requireViewer(context), args)),
    },
    { name: 'CampaignConnection' },
    { name: 'CampaignEdge' },
  ),
}));

builder.mutationField('createCampaign', (t) =>
  t.field({
    type: CampaignNode,
    description: 'Creates a campaign.',
    args: { input: t.arg({ type: CreateCampaignInput }) },
    errors: { types: [InvalidInputError, UnauthenticatedError], union: { name: 'CreateCampaignResult' } },
    resolve: (_root, { input }, context) => context.campaigns.create(requireViewer(context), input),
  }),
);
