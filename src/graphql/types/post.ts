import type { GraphQLResolveInfo } from 'graphql';
import { maxPageSize, type PageArgs } from '../../store/lists/paging.ts';
import type { PostParent, ShownRevision } from '../../services/posts/posts.ts';
import { Prisma, type Post } from '../../store/generated/prisma/client.ts';
import { builder } from '../builder.ts';
import { BatchNode } from './batch.ts';
import { CampaignNode, ChannelEnum } from './campaign.ts';
import { createColumnReader } from '../columns.ts';
import {
  Connection,
  DirectionEnum,
  pageArgsOf,
  present,
  TimeRangeInput,
  totalCountOptions,
} from '../connections.ts';
import { requireViewer, type Context } from '../context.ts';
import { parseId } from '../ids.ts';
import { newestFirst } from '../../store/lists/lists.ts';
import { ownedBy, ownerOf } from '../../store/ownership.ts';

const PostStatusEnum = builder.enumType('PostStatus', {
  description: 'Where a post stands.',
  values: {
    PENDING: { description: 'Waits for its turn.' },
    GENERATING: { description: 'Is being written and drawn.' },
    COMPLETED: { description: 'Has caption and picture.' },
    FAILED: { description: 'Could not be made; `errorCode` says why.' },
    CANCELLED: { description: 'Was called off.' },
  },
});

const PostReviewEnum = builder.enumType('PostReview', {
  description: 'What a person thinks of a post.',
  values: {
    UNREVIEWED: { description: 'Nobody has said.' },
    APPROVED: { description: 'It is good as it is; what a machine makes is not shown any more.' },
    REJECTED: { description: 'It is not good; `reviewNote` may say why.' },
  },
});

const PostRevisionRef = builder.objectRef<ShownRevision>('PostRevision').implement({
  description: 'One value that a field of a post has had.',
  fields: (t) => ({
    number: t.exposeInt('number', { description: '1, 2, 3 … within the post, over all its fields.' }),
    field: t.expose('field', {
      type: builder.enumType('PostField', {
        description: 'A field of a post that has revisions.',
        values: {
          CAPTION: { description: 'The caption.' },
          HASHTAGS: { description: 'The hashtags.' },
          IMAGE: { description: 'The picture.' },
        },
      }),
      description: 'Which field.',
    }),
    author: t.expose('author', {
      type: builder.enumType('RevisionAuthor', {
        description: 'Who made a revision.',
        values: {
          PERSON: { description: 'The owner of the post.' },
          MODEL: { description: 'A model; `model` names it.' },
        },
      }),
      description: 'Who made it.',
    }),
    isCurrent: t.boolean({
      description: 'Whether the post shows it.',
      resolve: ({ isCurrent }) => isCurrent === true,
    }),
    caption: t.string({
      nullable: true,
      description: 'Of a revision of the caption.',
      resolve: ({ field, text }) => (field === 'CAPTION' ? text : null),
    }),
    hashtags: t.exposeStringList('hashtags', { description: 'Of a revision of the hashtags.' }),
    imageUrl: t.field({
      type: 'URL',
      nullable: true,
      description: 'Of a revision of the picture.',
      resolve: ({ field, text }, _args, { assets, origin }) =>
        field === 'IMAGE' && text !== null ? assets.urlOf(text, origin) : null,
    }),
    model: t.exposeString('model', { nullable: true, description: 'Which model made it.' }),
    promptHash: t.exposeString('promptHash', {
      nullable: true,
      description: 'SHA-256 of the prompt that asked for it: equal prompts have equal ones.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
  }),
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
        present(await loaders().batches.load({ owner: ownerOf({ ownerId }), id: batchId }), 'batch'),
    }),
    campaign: t.field({
      type: CampaignNode,
      description: 'The campaign it is written for.',
      resolve: async ({ ownerId, campaignId }, _args, { loaders }) =>
        present(await loaders().campaigns.load({ owner: ownerOf({ ownerId }), id: campaignId }), 'campaign'),
    }),
  }),
});

/** What stands behind the fields that are no columns. */
const columnsBehind = {
  __typename: [],
  imageUrl: ['imageKey'],
  cost: [],
  revisions: [],
  batch: ['ownerId', 'batchId'],
  campaign: ['ownerId', 'campaignId'],
} as const;
const columnsOf = createColumnReader(Prisma.PostScalarFieldEnum, columnsBehind);
const columnsOfPage = createColumnReader(Prisma.PostScalarFieldEnum, columnsBehind, ['edges', 'node']);

const PostEdge = builder.edgeObject({
  type: PostNode,
  name: 'PostEdge',
  description: 'A post and its place in the list.',
});
const PostConnection = builder.connectionObject<typeof PostNode, Connection<Post>>(
  {
    type: PostNode,
    name: 'PostConnection',
    description: 'A page of posts.',
    fields: (fields) => ({ totalCount: fields.int(totalCountOptions) }),
  },
  PostEdge,
);

/** A page of what hangs on a campaign or a batch, read together with those of its neighbours. */
async function postsOf(
  parent: PostParent,
  { id, ownerId }: { id: string; ownerId: string },
  args: PageArgs,
  { posts, loaders }: Context,
  info: GraphQLResolveInfo,
) {
  const { pages, counts } = parent === 'batchId' ? loaders().batchPosts : loaders().campaignPosts;
  const owner = ownerOf({ ownerId });
  const page = await pages.load({
    owner,
    page: posts.planOf(owner, parent, id, pageArgsOf(args, info)),
    columns: columnsOfPage(info),
  });
  return new Connection(page, () => counts.load({ owner, id }));
}

builder.objectField(CampaignNode, 'posts', (t) =>
  t.connection(
    {
      type: PostNode,
      description: 'Its posts, newest first. Cursors are those of `posts` with its id as filter.',
      resolve: (campaign, args, context, info) => postsOf('campaignId', campaign, args, context, info),
    },
    PostConnection,
    PostEdge,
  ),
);

builder.objectField(BatchNode, 'posts', (t) =>
  t.connection(
    {
      type: PostNode,
      description: 'Its posts, newest first. Cursors are those of `posts` with its id as filter.',
      resolve: (batch, args, context, info) => postsOf('batchId', batch, args, context, info),
    },
    PostConnection,
    PostEdge,
  ),
);

const PostFilterInput = builder.inputType('PostFilter', {
  description: 'Narrows a list of posts; what is left out does not narrow.',
  fields: (t) => ({
    campaignId: t.id({ required: false, description: 'Posts of this campaign.' }),
    batchId: t.id({ required: false, description: 'Posts of this batch.' }),
    status: t.field({ type: [PostStatusEnum], required: false, description: 'Any of these.' }),
    review: t.field({ type: [PostReviewEnum], required: false, description: 'Any of these.' }),
    channel: t.field({ type: [ChannelEnum], required: false, description: 'Of campaigns for any of these.' }),
    created: t.field({ type: TimeRangeInput, required: false, description: 'When they were ordered.' }),
    search: t.field({
      type: 'NonEmptyString',
      required: false,
      description:
        'Words that caption or target audience hold as they stand, whatever their case. At most 200 characters.',
    }),
  }),
});

const PostOrderInput = builder.inputType('PostOrder', {
  description: 'How a list of posts is ordered.',
  fields: (t) => ({
    by: t.field({
      type: builder.enumType('PostOrderBy', {
        description: 'What posts can be ordered by.',
        values: {
          CREATED_AT: { value: 'createdAt', description: 'When they were ordered.' },
          POSITION: { value: 'position', description: 'Their places in their batches.' },
        } as const,
      }),
      description: 'By what.',
    }),
    direction: t.field({ type: DirectionEnum, description: 'Which end comes first.' }),
  }),
});

builder.queryFields((t) => ({
  post: t.field({
    type: PostNode,
    nullable: true,
    description: 'One of your posts; null where you have none with this id.',
    args: { id: t.arg.id({ description: 'The post’s id.' }) },
    resolve: (_root, { id }, context, info) =>
      context.posts.find(requireViewer(context), parseId('Post', id), columnsOf(info)),
  }),
  posts: t.connection(
    {
      type: PostNode,
      description: 'Your posts, newest first unless ordered otherwise.',
      args: {
        filter: t.arg({ type: PostFilterInput, required: false, description: 'Which posts.' }),
        order: t.arg({ type: PostOrderInput, required: false, description: 'In which order.' }),
      },
      resolve: async (_root, args, context, info) => {
        const viewer = requireViewer(context);
        const list = {
          filter: args.filter ?? {},
          order: args.order ?? newestFirst,
          page: pageArgsOf(args, info),
        };
        return new Connection(await context.posts.list(viewer, list, columnsOfPage(info)), () =>
          context.posts.count(viewer, list.filter),
        );
      },
    },
    PostConnection,
    PostEdge,
  ),
}));
