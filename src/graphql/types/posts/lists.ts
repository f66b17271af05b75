import { builder } from '../../builder.ts';
import { findOne, listAll, listOf, totalCountOptions } from '../../connections.ts';
import { post } from '../../entities/post.ts';
import { commonFilterFields, orderInput } from '../../list-inputs.ts';
import { BatchNode } from '../batches/batch.ts';
import { CampaignNode, ChannelEnum } from '../campaigns/campaign.ts';
import { PostNode, PostReviewEnum, PostStatusEnum } from './post.ts';

const PostEdge = builder.edgeObject({
  type: PostNode,
  name: 'PostEdge',
  description: 'A post and its place in the list.',
});
const PostConnection = builder.connectionObject(
  {
    type: PostNode,
    name: 'PostConnection',
    description: 'A page of posts.',
    fields: (fields) => ({ totalCount: fields.int(totalCountOptions) }),
  },
  PostEdge,
);

const nested = {
  type: PostNode,
  description: 'Its posts, newest first. Cursors are those of `posts` with its id as filter.',
} as const;

builder.objectField(CampaignNode, 'posts', (t) =>
  t.connection({ ...nested, resolve: listOf(post, 'campaignId') }, PostConnection, PostEdge),
);

builder.objectField(BatchNode, 'posts', (t) =>
  t.connection({ ...nested, resolve: listOf(post, 'batchId') }, PostConnection, PostEdge),
);

const PostFilterInput = builder.inputType('PostFilter', {
  description: 'Narrows a list of posts; what is left out does not narrow.',
  fields: (t) => ({
    campaignId: t.id({ required: false, description: 'Posts of this campaign.' }),
    batchId: t.id({ required: false, description: 'Posts of this batch.' }),
    status: t.field({ type: [PostStatusEnum], required: false, description: 'Any of these.' }),
    review: t.field({ type: [PostReviewEnum], required: false, description: 'Any of these.' }),
    channel: t.field({ type: [ChannelEnum], required: false, description: 'Of campaigns for any of these.' }),
    ...commonFilterFields(t, { created: 'When they were ordered.', search: 'caption or target audience' }),
  }),
});

const PostOrderInput = orderInput('Post', 'posts', {
  CREATED_AT: { value: 'createdAt', description: 'When they were ordered.' },
  POSITION: { value: 'position', description: 'Their places in their batches.' },
});

builder.queryFields((t) => ({
  post: t.field({
    type: PostNode,
    nullable: true,
    description: 'One of your posts; null where you have none with this id.',
    args: { id: t.arg.id({ description: 'The post’s id.' }) },
    resolve: findOne(post),
  }),
  posts: t.connection(
    {
      type: PostNode,
      description: 'Your posts, newest first unless ordered otherwise.',
      args: {
        filter: t.arg({ type: PostFilterInput, required: false, description: 'Which posts.' }),
        order: t.arg({ type: PostOrderInput, required: false, description: 'In which order.' }),
      },
      resolve: listAll(post),
    },
    PostConnection,
    PostEdge,
  ),
}));
