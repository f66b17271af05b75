import { maxPageSize } from '../../../store/lists/paging.ts';
import { ownedBy, ownerOf } from '../../../store/ownership.ts';
import { BatchNode } from '../batches/batch.ts';
import { findingGuide, findingSchema, type Finding } from '../../../domain/checks/finding.ts';
import { postErrorGuide } from '../../../domain/errors/guide.ts';
import { builder } from '../../builder.ts';
import { codeEnum } from '../codes.ts';
import { BrandNode, brandOf } from '../brands/brand.ts';
import { campaignOf, CampaignNode, ChannelEnum } from '../campaigns/campaign.ts';
import { present } from '../../connections.ts';
import { requireViewer } from '../../context.ts';
import { ImageRef, imageOf } from './image.ts';
import { PostRevisionRef } from './revision.ts';

export const PostStatusEnum = builder.enumType('PostStatus', {
  description: 'The status of a post.',
  values: {
    PENDING: { description: 'The post waits in the queue.' },
    GENERATING: { description: 'The caption and the image are being generated.' },
    COMPLETED: { description: 'The post has a caption and an image.' },
    FAILED: { description: 'The post could not be generated; `errorCode` says why.' },
    CANCELLED: { description: 'The post was cancelled with its batch.' },
  },
});

export const PostReviewEnum = builder.enumType('PostReview', {
  description: 'The result of a review of a post.',
  values: {
    UNREVIEWED: { description: 'Nobody has reviewed the post.' },
    APPROVED: { description: 'The post was approved. Content that a model generates later is not shown.' },
    REJECTED: { description: 'The post was rejected; `reviewNote` may say why.' },
  },
});

export const PostErrorCodeEnum = codeEnum('PostErrorCode', 'Why a post failed.', postErrorGuide);

export const FindingCodeEnum = codeEnum('FindingCode', 'What a check may find in a caption.', findingGuide);

const FindingRef = builder.objectRef<Finding>('Finding').implement({
  description: 'Something that a check found in a caption, and that writing it once more did not mend.',
  fields: (t) => ({
    code: t.expose('code', { type: FindingCodeEnum, description: 'What was found, as a code for programs.' }),
    clause: t.exposeString('clause', {
      nullable: true,
      description:
        'The id of the clause of the brand that is broken, such as `vocabulary.forbidden.2`; null if it is none of a brand.',
    }),
    excerpt: t.exposeString('excerpt', {
      nullable: true,
      description: 'The words of the caption that show it; null for something that is missing.',
    }),
  }),
});

export const PostNode = builder.prismaNode('Post', {
  id: { field: 'id' },
  nullable: true,
  description: 'A social media post: a caption, hashtags and an image.',
  findUnique: (id, context) => ({ id, ...ownedBy(requireViewer(context)) }),
  fields: (t) => ({
    position: t.exposeInt('position', { description: 'The position in the batch, counted from 1.' }),
    status: t.expose('status', { type: PostStatusEnum, description: 'The status of the post.' }),
    caption: t.exposeString('caption', {
      nullable: true,
      description: 'The caption; null until the post is completed.',
    }),
    hashtags: t.exposeStringList('hashtags', { description: 'The hashtags, each with its `#`.' }),
    imageUrl: t.field({
      type: 'URL',
      nullable: true,
      description:
        'The address of the PNG image. The content of an address never changes. Null until the post is completed.',
      resolve: ({ imageKey }, _args, { assets, origin }) =>
        imageKey === null ? null : assets.urlOf(imageKey, origin),
    }),
    image: t.field({
      type: ImageRef,
      nullable: true,
      description: 'The image in sizes and formats to show; null until the post has one.',
      resolve: (post) => imageOf(post.imageKey, post),
    }),
    imageCandidates: t.field({
      type: [PostRevisionRef],
      description:
        'The images to choose from: the revisions of the image that the last run made. `chooseImage` shows another one.',
      resolve: ({ id }, _args, { loaders }) => loaders().imageCandidates.load(id),
    }),
    altText: t.exposeString('altText', {
      nullable: true,
      description: 'What the image shows, for people who cannot see it; null without such a text.',
    }),
    targetAudience: t.exposeString('targetAudience', { description: 'The people that the post addresses.' }),
    channel: t.expose('channel', {
      type: ChannelEnum,
      description: 'The channel where the post appears.',
    }),
    language: t.exposeString('language', {
      description: 'The language of the caption, as a BCP 47 tag such as `de` or `pt-BR`.',
    }),
    errorCode: t.expose('errorCode', {
      type: PostErrorCodeEnum,
      nullable: true,
      description: 'The reason of the failure as a code for programs; null unless the post failed.',
    }),
    errorMessage: t.exposeString('errorMessage', {
      nullable: true,
      description: 'The reason of the failure as a message for people; null unless the post failed.',
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'The time when the post was ordered.',
    }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'The time when work on the post first started; null before that.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'The time when the post became final; null before that.',
    }),
    cost: t.field({
      type: 'Money',
      description: 'The cost so far in US dollars, as paid to the AI provider.',
      resolve: ({ id }, _args, { loaders }) => loaders().postCosts.load(id),
    }),
    version: t.exposeInt('version', {
      description:
        'The number of the current version; each change of content or review adds 1. Send it as `expectedVersion`.',
    }),
    review: t.expose('review', { type: PostReviewEnum, description: 'The result of the last review.' }),
    reviewNote: t.exposeString('reviewNote', {
      nullable: true,
      description: 'The note of the reviewer; null without one.',
    }),
    reviewedAt: t.expose('reviewedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'The time when the post was approved or rejected; null before that.',
    }),
    findings: t.field({
      type: [FindingRef],
      description:
        'What the checks found in the caption; empty if all is well. An edit has the rules checked again; NEAR_DUPLICATE and OFF_BRAND are not, and stay while the caption has their excerpt.',
      resolve: ({ findings }) => findingSchema.array().parse(findings),
    }),
    revisions: t.field({
      type: [PostRevisionRef],
      description: 'The revisions of the caption, the hashtags, the alt text and the image, newest first.',
      args: {
        first: t.arg.int({
          required: false,
          defaultValue: 20,
          description: 'The number of revisions, at most 100.',
        }),
      },
      resolve: ({ id }, { first }, { loaders }) =>
        loaders().revisions.load({ postId: id, take: Math.min(Math.max(first ?? 20, 1), maxPageSize) }),
    }),
    batch: t.field({
      type: BatchNode,
      description: 'The batch that the post belongs to.',
      resolve: async ({ ownerId, batchId }, _args, { loaders }) =>
        present(await loaders().batches.byId.load({ owner: ownerOf({ ownerId }), id: batchId }), 'batch'),
    }),
    campaign: t.field({
      type: CampaignNode,
      description: 'The campaign that the post is written for.',
      resolve: (post, _args, context) => campaignOf(post, context),
    }),
    brandKit: t.field({
      type: BrandNode,
      nullable: true,
      description:
        'The brand that the post was last generated with; null without one, and once it is deleted.',
      resolve: (post, _args, context) => brandOf(post, context),
    }),
    brandVersion: t.exposeInt('brandVersion', {
      nullable: true,
      description: 'The version of the brand that the post was last generated with; null without one.',
    }),
  }),
});
