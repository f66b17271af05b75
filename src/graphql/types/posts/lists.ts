import { builder } from '../../builder.ts';
import { findOne, listAll, listOf, totalCountOptions } from '../../connections.ts';
import { post } from '../../entities/post.ts';
import { commonFilterFields, orderInput } from '../../list-inputs.ts';
import { BatchNode } from '../batches/batch.ts';
import { CampaignNode, ChannelEnum } from '../campaigns/campaign.ts';
import { FindingCodeEnum, PostNode, PostReviewEnum, PostStatusEnum } from './post.ts';

const PostEdge = builder.edgeObject({
  type: PostNode,
  name: 'PostEdge',
  description: 'A post in a list, with its cursor.',
});
const PostConnection = builder.connectionObject(
  {
    type: PostNode,
    name: 'PostConnection',
    description: 'A page of a list of posts.',
    fields: (fields) => ({ totalCount: fields.int(totalCountOptions) }),
  },
  PostEdge,
);

export const PostFilterInput = builder.inputType('PostFilter', {
  description: 'A filter for a list of posts. Fields that are left out do not filter.',
  fields: (t) => ({
    campaignId: t.id({ required: false, description: 'Only posts of this campaign.' }),
    batchId: t.id({ required: false, description: 'Only posts of this batch.' }),
    status: t.field({
      type: [PostStatusEnum],
      required: false,
      description: 'Only posts with one of these statuses.',
    }),
    review: t.field({
      type: [PostReviewEnum],
      required: false,
      description: 'Only posts with one of these review results.',
    }),
    channel: t.field({
      type: [ChannelEnum],
      required: false,
      description: 'Only posts for one of these channels.',
    }),
    language: t.stringList({
      required: false,
      description: 'Only posts in one of these languages, as BCP 47 tags such as `de` or `pt-BR`.',
    }),
    hashtag: t.string({
      required: false,
      description: 'Only posts that show this hashtag, with or without its `#`, in upper or lower case.',
    }),
    finding: t.field({
      type: [FindingCodeEnum],
      required: false,
      description: 'Only posts in whose captions the checks found one of these.',
    }),
    hasFindings: t.boolean({
      required: false,
      description: 'Only posts in whose captions the checks found something; `false`: found nothing.',
    }),
    ...commonFilterFields(t, {
      created: 'Only posts ordered in this time range.',
      search: 'caption or target audience',
    }),
  }),
});

const PostOrderInput = orderInput('Post', 'posts', {
  CREATED_AT: { value: 'createdAt', description: 'The time of the order.' },
  POSITION: { value: 'position', description: 'The position in the batch.' },
});

/** How a list of posts is filtered and sorted, wherever it stands. */
const args = builder.args((t) => ({
  filter: t.field({
    type: PostFilterInput,
    required: false,
    description: 'Limits the list to posts that match.',
  }),
  order: t.field({
    type: PostOrderInput,
    required: false,
    description: 'The sort order; newest first by default.',
  }),
}));

const nested = {
  type: PostNode,
  description:
    'Its posts, newest first unless `order` is set. Cursors are valid in `posts` too, with its id in the same filter.',
} as const;

builder.objectField(CampaignNode, 'posts', (t) =>
  t.connection({ ...nested, args, resolve: listOf(post, 'campaignId') }, PostConnection, PostEdge),
);

builder.objectField(BatchNode, 'posts', (t) =>
  t.connection({ ...nested, args, resolve: listOf(post, 'batchId') }, PostConnection, PostEdge),
);

builder.queryFields((t) => ({
  post: t.field({
    type: PostNode,
    nullable: true,
    description: 'The post with this id; null if your workspace has none.',
    args: { id: t.arg.id({ description: 'The id of the post.' }) },
    resolve: findOne(post),
  }),
  posts: t.connection(
    {
      type: PostNode,
      description: 'The posts of your workspace, newest first unless `order` is set.',
      args,
      resolve: listAll(post),
    },
    PostConnection,
    PostEdge,
  ),
}));
