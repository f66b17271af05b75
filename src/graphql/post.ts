import { builder } from './builder.ts';
import { CampaignNode } from './campaign.ts';
import { toConnection } from './connections.ts';
import { requireViewer } from './context.ts';
import { parseId } from './ids.ts';
import { ownedBy } from '../services/ownership.ts';

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
    imageUrl: t.string({
      nullable: true,
      description: 'Address of the picture (PNG); never changes its content. Null until it is completed.',
      select: { imageKey: true },
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
      select: { id: true },
      resolve: ({ id }, _args, { postCosts }) => postCosts.load(id),
    }),
    campaign: t.relation('campaign', { type: CampaignNode, description: 'The campaign it is written for.' }),
  }),
});

const PostFilterInput = builder.inputType('PostFilter', {
  description: 'Narrows a list of posts; what is left out does not narrow.',
  fields: (t) => ({
    campaignId: t.id({ required: false, description: 'Posts of this campaign.' }),
    batchId: t.id({ required: false, description: 'Posts of this batch.' }),
    status: t.field({ type: PostStatusEnum, required: false, description: 'Posts that stand here.' }),
  }),
});

builder.queryFields((t) => ({
  post: t.field({
    type: PostNode,
    nullable: true,
    description: 'One of your posts; null where you have none with this id.',
    args: { id: t.arg.id({ description: 'The post’s id.' }) },
    resolve: (_root, { id }, context) => context.posts.find(requireViewer(context), parseId('Post', id)),
  }),
  posts: t.connection(
    {
      type: PostNode,
      description: 'Your posts, newest first.',
      args: { filter: t.arg({ type: PostFilterInput, required: false, description: 'Which posts.' }) },
      resolve: async (_root, { filter, ...page }, context) =>
        toConnection(await context.posts.list(requireViewer(context), filter ?? {}, page)),
    },
    { name: 'PostConnection' },
    { name: 'PostEdge' },
  ),
}));
