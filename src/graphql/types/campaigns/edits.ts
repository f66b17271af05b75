import {
  CampaignStateError,
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  UnauthenticatedError,
} from '../../../domain/errors/errors.ts';
import { toGlobalId } from '../../../domain/ids.ts';
import { builder } from '../../builder.ts';
import { requireViewer } from '../../context.ts';
import { parseId } from '../../ids.ts';
import { CampaignNode, ChannelEnum, ToneEnum } from './campaign.ts';

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
