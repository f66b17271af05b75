import { maxPageSize } from '../../../store/lists/paging.ts';
import { ownedBy, ownerOf } from '../../../store/ownership.ts';
import { BatchNode } from '../batches/batch.ts';
import { builder } from '../../builder.ts';
import { CampaignNode } from '../campaigns/campaign.ts';
import { present } from '../../connections.ts';
import { requireViewer } from '../../context.ts';
import { PostRevisionRef } from './revision.ts';

export const PostStatusEnum = builder.enumType('PostStatus', {
  description: 'Where a post stands.',
  values: {
    PENDING: { description: 'Waits for its turn.' },
    GENERATING: { description: 'Is being written and drawn.' },
    COMPLETED: { description: 'Has caption and picture.' },
    FAILED: { description: 'Could not be made; `errorCode` says why.' },
    CANCELLED: { description: 'Was called off.' },
  },
});

export const PostReviewEnum = builder.enumType('PostReview', {
  description: 'What a person thinks of a post.',
  values: {
    UNREVIEWED: { description: 'Nobody has said.' },
    APPROVED: { description: 'It is good as it is; what a machine makes is not shown any more.' },
    REJECTED: { description: 'It is not good; `reviewNote` may say why.' },
  },
});

export const PostNode = builder.prismaNode('Post', {
  id: { field: 'id' },
  nullable: true,
  description: 'One deliverable: caption, hashtags, picture.',
  findUnique: (id, context) => ({ id, ...ownedBy(requireViewer(context)) }),
  fields: (t) => ({
    position: t.exposeInt('position', { description: 'Which post of its batch, from 1.' }),
    status: t.expose('status', { type: PostStatusEnum, description: 'Where it stands.' }),
    caption: t.exposeString('caption', { nullable: true, description: 'Null until it is completed.' }),
    hashtags: t.exposeStringList('hashtags', { description: 'Each with its `#`.' }),
    imageUrl: t.field({
      type: 'URL',
      nullable: true,
      description: 'Address of the picture (PNG); never changes its content. Null until it is completed.',
      resolve: ({ imageKey }, _args, { assets, origin }) =>
        imageKey === null ? null : assets.urlOf(imageKey, origin),
    }),
    targetAudience: t.exposeString('targetAudience', { description: 'Who it speaks to.' }),
    errorCode: t.exposeString('errorCode', { nullable: true, description: 'Why it failed, for programs.' }),
    errorMessage: t.exposeString('errorMessage', {
      nullable: true,
      description: 'Why it failed, for people.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was ordered.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When work on it first began.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it became final.',
    }),
    cost: t.float({
      description: 'US dollars paid to the AI provider for it so far.',
      resolve: ({ id }, _args, { loaders }) => loaders().postCosts.load(id),
    }),
    version: t.exposeInt('version', {
      description: 'Counts the changes of content and review. Send the one you saw as `expectedVersion`.',
    }),
    review: t.expose('review', { type: PostReviewEnum, description: 'What a person thinks of it.' }),
    reviewNote: t.exposeString('reviewNote', { nullable: true, description: 'Why, in the person’s words.' }),
    reviewedAt: t.expose('reviewedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was approved or rejected.',
    }),
    revisions: t.field({
      type: [PostRevisionRef],
      description: 'The values that its fields have had, newest first.',
      args: {
        first: t.arg.int({ required: false, defaultValue: 20, description: 'How many, at most 100.' }),
      },
      resolve: ({ id }, { first }, { loaders }) =>
        loaders().revisions.load({ postId: id, take: Math.min(Math.max(first ?? 20, 1), maxPageSize) }),
    }),
    batch: t.field({
      type: BatchNode,
      description: 'The batch that it belongs to.',
      resolve: async ({ ownerId, batchId }, _args, { loaders }) =>
        present(await loaders().batches.byId.load({ owner: ownerOf({ ownerId }), id: batchId }), 'batch'),
    }),
    campaign: t.field({
      type: CampaignNode,
      description: 'The campaign it is written for.',
      resolve: async ({ ownerId, campaignId }, _args, { loaders }) =>
        present(
          await loaders().campaigns.byId.load({ owner: ownerOf({ ownerId }), id: campaignId }),
          'campaign',
        ),
    }),
  }),
});
