import { z } from 'zod';
import { channelNames, channels, tones } from '../../domain/posts/channels.ts';
import {
  CampaignStateError,
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  UnauthenticatedError,
} from '../../domain/errors/errors.ts';
import { toGlobalId } from '../../domain/ids.ts';
import { builder } from '../builder.ts';
import { createColumnReader } from '../columns.ts';
import { Connection, DirectionEnum, pageArgsOf, TimeRangeInput, totalCountOptions } from '../connections.ts';
import { requireViewer } from '../context.ts';
import { parseId } from '../ids.ts';
import { newestFirst } from '../../store/lists/lists.ts';
import { ownedBy } from '../../store/ownership.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';

const ToneEnum = builder.enumType('Tone', {
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
const CampaignStatusEnum = builder.enumType('CampaignStatus', {
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

const UpdateCampaignInput = builder.inputType('UpdateCampaignInput', {
  description: 'What is to change; what is left out stays as it is.',
  fields: (t) => ({
    campaignId: t.id({ description: 'The campaign’s id.' }),
    name: t.string({ required: false, description: 'At most 120 characters.' }),
    brand: t.string({ required: false, description: 'At most 120 characters.' }),
    description: t.string({ required: false, description: 'At most 4,000 characters.' }),
    tone: t.field({ type: ToneEnum, required: false, description: 'How it speaks.' }),
    targetAudience: t.string({ required: false, description: 'At most 500 characters.' }),
    language: t.string({ required: false, description: 'A BCP 47 tag such as `en`, `de` or `pt-BR`.' }),
    channel: t.field({ type: ChannelEnum, required: false, description: 'Where the posts will appear.' }),
  }),
});

const CampaignFilterInput = builder.inputType('CampaignFilter', {
  description: 'Narrows a list of campaigns; what is left out does not narrow.',
  fields: (t) => ({
    status: t.field({ type: [CampaignStatusEnum], required: false, description: 'Any of these.' }),
    channel: t.field({ type: [ChannelEnum], required: false, description: 'Any of these.' }),
    created: t.field({ type: TimeRangeInput, required: false, description: 'When they were created.' }),
    search: t.field({
      type: 'NonEmptyString',
      required: false,
      description:
        'Words that name, brand or description hold as they stand, whatever their case. At most 200 characters.',
    }),
  }),
});

const CampaignOrderInput = builder.inputType('CampaignOrder', {
  description: 'How a list of campaigns is ordered.',
  fields: (t) => ({
    by: t.field({
      type: builder.enumType('CampaignOrderBy', {
        description: 'What campaigns can be ordered by.',
        values: {
          CREATED_AT: { value: 'createdAt', description: 'When they were created.' },
          UPDATED_AT: { value: 'updatedAt', description: 'When they were last changed.' },
          NAME: { value: 'name', description: 'Their names.' },
        } as const,
      }),
      description: 'By what.',
    }),
    direction: t.field({ type: DirectionEnum, description: 'Which end comes first.' }),
  }),
});

/** What stands behind the fields that are no columns. */
const columnsBehind = { __typename: [], posts: ['ownerId'], batches: ['ownerId'] } as const;
const columnsOf = createColumnReader(Prisma.CampaignScalarFieldEnum, columnsBehind);
const columnsOfPage = createColumnReader(Prisma.CampaignScalarFieldEnum, columnsBehind, ['edges', 'node']);

builder.queryFields((t) => ({
  campaign: t.field({
    type: CampaignNode,
    nullable: true,
    description: 'One of your campaigns; null where you have none with this id.',
    args: { id: t.arg.id({ description: 'The campaign’s id.' }) },
    resolve: (_root, { id }, context, info) =>
      context.campaigns.find(requireViewer(context), parseId('Campaign', id), columnsOf(info)),
  }),
  campaigns: t.connection(
    {
      type: CampaignNode,
      description: 'Your campaigns, newest first unless ordered otherwise.',
      args: {
        filter: t.arg({ type: CampaignFilterInput, required: false, description: 'Which campaigns.' }),
        order: t.arg({ type: CampaignOrderInput, required: false, description: 'In which order.' }),
      },
      resolve: async (_root, args, context, info) => {
        const viewer = requireViewer(context);
        const list = {
          filter: args.filter ?? {},
          order: args.order ?? newestFirst,
          page: pageArgsOf(args, info),
        };
        return new Connection(await context.campaigns.list(viewer, list, columnsOfPage(info)), () =>
          context.campaigns.count(viewer, list.filter),
        );
      },
    },
    {
      name: 'CampaignConnection',
      description: 'A page of campaigns.',
      fields: (fields) => ({ totalCount: fields.int(totalCountOptions) }),
    },
    { name: 'CampaignEdge', description: 'A campaign and its place in the list.' },
  ),
}));

const DeletedCampaignRef = builder.objectRef<{ id: string }>('DeletedCampaign').implement({
  description: 'A campaign that is gone.',
  fields: (t) => ({
    campaignId: t.id({
      description: 'The id that it had.',
      resolve: ({ id }) => toGlobalId('Campaign', id),
    }),
  }),
});

const always = [InvalidInputError, NotFoundError, UnauthenticatedError, ForbiddenError] as const;

builder.mutationFields((t) => ({
  createCampaign: t.field({
    type: CampaignNode,
    access: 'EDITOR',
    description: 'Creates a campaign.',
    args: { input: t.arg({ type: CreateCampaignInput, description: 'The new campaign.' }) },
    errors: {
      types: [InvalidInputError, UnauthenticatedError, ForbiddenError],
      union: { name: 'CreateCampaignResult', description: 'The campaign, or why there is none.' },
    },
    resolve: (_root, { input }, context) => context.campaigns.create(requireViewer(context), input),
  }),
  updateCampaign: t.field({
    type: CampaignNode,
    access: 'EDITOR',
    description:
      'Changes a campaign. Posts that are made from now on follow it; those that exist stay as they are.',
    args: { input: t.arg({ type: UpdateCampaignInput, description: 'What is to change.' }) },
    errors: {
      types: [...always],
      union: {
        name: 'UpdateCampaignResult',
        description: 'The changed campaign, or why it was not changed.',
      },
    },
    resolve: (_root, { input: { campaignId, ...changes } }, context) =>
      context.campaigns.update(
        requireViewer(context),
        parseId('Campaign', campaignId, 'input.campaignId'),
        changes,
      ),
  }),
  archiveCampaign: t.field({
    type: CampaignNode,
    access: 'EDITOR',
    description: 'Keeps a campaign but takes it out of use: it takes no new batch. May be repeated.',
    args: { campaignId: t.arg.id({ description: 'The campaign’s id.' }) },
    errors: {
      types: [...always],
      union: {
        name: 'ArchiveCampaignResult',
        description: 'The archived campaign, or why it was not archived.',
      },
    },
    resolve: (_root, { campaignId }, context) =>
      context.campaigns.setStatus(
        requireViewer(context),
        parseId('Campaign', campaignId, 'campaignId'),
        'ARCHIVED',
      ),
  }),
  restoreCampaign: t.field({
    type: CampaignNode,
    access: 'EDITOR',
    description: 'Takes an archived campaign into use again. May be repeated.',
    args: { campaignId: t.arg.id({ description: 'The campaign’s id.' }) },
    errors: {
      types: [...always],
      union: {
        name: 'RestoreCampaignResult',
        description: 'The campaign in use, or why it was not restored.',
      },
    },
    resolve: (_root, { campaignId }, context) =>
      context.campaigns.setStatus(
        requireViewer(context),
        parseId('Campaign', campaignId, 'campaignId'),
        'ACTIVE',
      ),
  }),
  deleteCampaign: t.field({
    type: DeletedCampaignRef,
    access: 'OWNER',
    description:
      'Deletes a campaign with its batches and posts for good. Cancel its unfinished batches first. What was paid stays in `User.usage`.',
    args: { campaignId: t.arg.id({ description: 'The campaign’s id.' }) },
    errors: {
      types: [...always, CampaignStateError],
      union: {
        name: 'DeleteCampaignResult',
        description: 'The id of the deleted campaign, or why it was not deleted.',
      },
    },
    resolve: async (_root, { campaignId }, context) => {
      const id = parseId('Campaign', campaignId, 'campaignId');
      await context.campaigns.delete(requireViewer(context), id);
      return { id };
    },
  }),
}));
