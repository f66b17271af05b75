import {
  CampaignStateError,
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  UnauthenticatedError,
} from '../../../domain/errors/errors.ts';
import { toGlobalId } from '../../../domain/ids.ts';
import type { Viewer } from '../../../domain/viewer.ts';
import { builder } from '../../builder.ts';
import { requireViewer, type Context } from '../../context.ts';
import { parseId } from '../../ids.ts';
import { onInput, replacedByInput } from '../input.ts';
import { CampaignNode, ChannelEnum, ToneEnum } from './campaign.ts';

const CreateCampaignInput = builder.inputType('CreateCampaignInput', {
  description: 'The fields of a new campaign.',
  fields: (t) => ({
    name: t.string({ description: 'The name of the campaign, at most 120 characters.' }),
    brand: t.string({ description: 'The brand that the posts speak for, at most 120 characters.' }),
    description: t.string({ description: 'The subject and goal of the campaign, at most 4,000 characters.' }),
    tone: t.field({ type: ToneEnum, description: 'The tone of voice of the posts.' }),
    targetAudience: t.string({ description: 'The people that the posts address, at most 500 characters.' }),
    language: t.string({
      description: 'The language of the captions, as a BCP 47 tag such as `en`, `de` or `pt-BR`.',
    }),
    channel: t.field({ type: ChannelEnum, description: 'The channel where the posts appear.' }),
    brandId: t.id({
      required: false,
      description: 'The id of the brand that the posts keep to, at its newest version.',
    }),
  }),
});

const DuplicateCampaignInput = builder.inputType('DuplicateCampaignInput', {
  description: 'The campaign to duplicate.',
  fields: (t) => ({
    campaignId: t.id({ description: 'The id of the campaign.' }),
    name: t.string({
      required: false,
      description:
        'The name of the new campaign, at most 120 characters. The default is the name of the original with ` (copy)`.',
    }),
  }),
});

const UpdateCampaignInput = builder.inputType('UpdateCampaignInput', {
  description: 'The changes to a campaign. Fields that are left out stay as they are.',
  fields: (t) => ({
    campaignId: t.id({ description: 'The id of the campaign.' }),
    name: t.string({ required: false, description: 'The name of the campaign, at most 120 characters.' }),
    brand: t.string({
      required: false,
      description: 'The brand that the posts speak for, at most 120 characters.',
    }),
    description: t.string({
      required: false,
      description: 'The subject and goal of the campaign, at most 4,000 characters.',
    }),
    tone: t.field({ type: ToneEnum, required: false, description: 'The tone of voice of the posts.' }),
    targetAudience: t.string({
      required: false,
      description: 'The people that the posts address, at most 500 characters.',
    }),
    language: t.string({
      required: false,
      description: 'The language of the captions, as a BCP 47 tag such as `en`, `de` or `pt-BR`.',
    }),
    channel: t.field({
      type: ChannelEnum,
      required: false,
      description: 'The channel where the posts appear.',
    }),
    brandId: t.id({
      required: false,
      description: 'The id of the brand that the posts keep to. Null takes the brand away.',
    }),
  }),
});

const DeletedCampaignRef = builder.objectRef<{ id: string }>('DeletedCampaign').implement({
  description: 'The result of deleting a campaign.',
  fields: (t) => ({
    campaignId: t.id({
      description: 'The id of the deleted campaign.',
      resolve: ({ id }) => toGlobalId('Campaign', id),
    }),
  }),
});

const always = [InvalidInputError, NotFoundError, UnauthenticatedError, ForbiddenError] as const;

/** Defines the input of a mutation of one campaign. */
function campaignInput(name: string, description: string) {
  return builder.inputType(name, {
    description,
    fields: (t) => ({ campaignId: t.id({ description: 'The id of the campaign.' }) }),
  });
}

const ArchiveCampaignInput = campaignInput('ArchiveCampaignInput', 'The campaign to archive.');
const RestoreCampaignInput = campaignInput('RestoreCampaignInput', 'The campaign to restore.');
const DeleteCampaignInput = campaignInput('DeleteCampaignInput', 'The campaign to delete.');

const inputArg = { required: false, description: 'The campaign that is meant.' } as const;
const campaignIdArg = {
  required: false,
  description: 'The id of the campaign.',
  deprecationReason: replacedByInput,
} as const;

/** Runs a mutation of one campaign. */
function onCampaign<Result>(
  context: Context,
  args: { input?: { campaignId: string } | null | undefined; campaignId?: string | null | undefined },
  work: (viewer: Viewer, campaignId: string) => Promise<Result>,
): Promise<Result> {
  const before = args.campaignId == null ? undefined : { campaignId: args.campaignId };
  return onInput(args, before, ({ campaignId }) =>
    work(requireViewer(context), parseId('Campaign', campaignId, 'input.campaignId')),
  );
}

builder.mutationFields((t) => ({
  createCampaign: t.field({
    type: CampaignNode,
    access: 'EDITOR',
    description: 'Creates a campaign in the current workspace.',
    args: { input: t.arg({ type: CreateCampaignInput, description: 'The fields of the new campaign.' }) },
    errors: {
      types: [...always],
      union: { name: 'CreateCampaignResult', description: 'The new campaign, or an error.' },
    },
    resolve: (_root, { input }, context) => context.campaigns.create(requireViewer(context), input),
  }),
  updateCampaign: t.field({
    type: CampaignNode,
    access: 'EDITOR',
    description: 'Changes a campaign. New posts use the changed campaign; existing posts stay as they are.',
    args: { input: t.arg({ type: UpdateCampaignInput, description: 'The campaign and the changes.' }) },
    errors: {
      types: [...always],
      union: {
        name: 'UpdateCampaignResult',
        description: 'The changed campaign, or an error.',
      },
    },
    resolve: (_root, { input: { campaignId, ...changes } }, context) =>
      context.campaigns.update(
        requireViewer(context),
        parseId('Campaign', campaignId, 'input.campaignId'),
        changes,
      ),
  }),
  duplicateCampaign: t.field({
    type: CampaignNode,
    access: 'EDITOR',
    description: 'Creates an active campaign with the fields of another one, without its batches and posts.',
    args: { input: t.arg({ type: DuplicateCampaignInput, description: 'The campaign and the new name.' }) },
    errors: {
      types: [...always],
      union: { name: 'DuplicateCampaignResult', description: 'The new campaign, or an error.' },
    },
    resolve: (_root, { input }, context) => context.campaigns.duplicate(requireViewer(context), input),
  }),
  archiveCampaign: t.field({
    type: CampaignNode,
    access: 'EDITOR',
    description: 'Archives a campaign: it is kept, but accepts no new batches. Safe to repeat.',
    args: { input: t.arg({ type: ArchiveCampaignInput, ...inputArg }), campaignId: t.arg.id(campaignIdArg) },
    errors: {
      types: [...always],
      union: {
        name: 'ArchiveCampaignResult',
        description: 'The archived campaign, or an error.',
      },
    },
    resolve: (_root, args, context) =>
      onCampaign(context, args, (viewer, id) => context.campaigns.setStatus(viewer, id, 'ARCHIVED')),
  }),
  restoreCampaign: t.field({
    type: CampaignNode,
    access: 'EDITOR',
    description: 'Restores an archived campaign, so that it accepts new batches. Safe to repeat.',
    args: { input: t.arg({ type: RestoreCampaignInput, ...inputArg }), campaignId: t.arg.id(campaignIdArg) },
    errors: {
      types: [...always],
      union: {
        name: 'RestoreCampaignResult',
        description: 'The restored campaign, or an error.',
      },
    },
    resolve: (_root, args, context) =>
      onCampaign(context, args, (viewer, id) => context.campaigns.setStatus(viewer, id, 'ACTIVE')),
  }),
  deleteCampaign: t.field({
    type: DeletedCampaignRef,
    access: 'OWNER',
    description:
      'Deletes a campaign with its batches and posts. Cannot be undone. Cancel its unfinished batches first. Its cost stays in `User.usage`.',
    args: { input: t.arg({ type: DeleteCampaignInput, ...inputArg }), campaignId: t.arg.id(campaignIdArg) },
    errors: {
      types: [...always, CampaignStateError],
      union: {
        name: 'DeleteCampaignResult',
        description: 'The id of the deleted campaign, or an error.',
      },
    },
    resolve: (_root, args, context) =>
      onCampaign(context, args, async (viewer, id) => {
        await context.campaigns.delete(viewer, id);
        return { id };
      }),
  }),
}));
