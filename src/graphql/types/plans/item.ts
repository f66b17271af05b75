import { defaultPageSize, maxPageSize } from '../../../store/lists/paging.ts';
import { ownedBy, ownerOf } from '../../../store/ownership.ts';
import { builder } from '../../builder.ts';
import { present } from '../../connections.ts';
import { requireViewer, type Context } from '../../context.ts';
import { BatchNode } from '../batches/batch.ts';
import { PostNode } from '../posts/post.ts';
import { RevisionAuthorEnum } from '../posts/revision.ts';

const firstPosts = {
  required: false,
  defaultValue: defaultPageSize,
  description: `The number of posts, at most ${maxPageSize}.`,
} as const;
const sizeOf = (first: number | null | undefined) =>
  Math.min(Math.max(first ?? defaultPageSize, 1), maxPageSize);

const unplanned = 'Null while it is still to be planned.';

export const PlanItemNode = builder.prismaNode('PlanItem', {
  id: { field: 'id' },
  nullable: true,
  description:
    'An item of the plan of a batch: what its posts say and show. It has one post for each channel and language of the batch.',
  findUnique: (id, context) => ({ id, ...ownedBy(requireViewer(context)) }),
  fields: (t) => ({
    position: t.exposeInt('position', { description: 'The position in the plan, counted from 1.' }),
    angle: t.exposeString('angle', {
      nullable: true,
      description: `The side from which it looks at the subject of the campaign. ${unplanned}`,
    }),
    hook: t.exposeString('hook', { nullable: true, description: `The idea of its first line. ${unplanned}` }),
    keyMessage: t.exposeString('keyMessage', {
      nullable: true,
      description: `What the reader should remember. ${unplanned}`,
    }),
    scene: t.exposeString('scene', {
      nullable: true,
      description: `What the picture shows: subject, place and light. ${unplanned}`,
    }),
    audience: t.exposeString('audience', {
      nullable: true,
      description: `The people that it addresses. ${unplanned}`,
    }),
    author: t.expose('author', {
      type: RevisionAuthorEnum,
      nullable: true,
      description: '`PERSON` if a person wrote any part of it, else `MODEL`. Null while nobody has.',
    }),
    plannedAt: t.expose('plannedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'The time when nothing of it was left to plan; null before that.',
    }),
    version: t.exposeInt('version', {
      description: 'The number of the current version; each change adds 1. Send it as `expectedVersion`.',
    }),
    batch: t.field({
      type: BatchNode,
      description: 'The batch that the item belongs to.',
      resolve: async ({ ownerId, batchId }, _args, { loaders }) =>
        present(await loaders().batches.byId.load({ owner: ownerOf({ ownerId }), id: batchId }), 'batch'),
    }),
    posts: t.field({
      type: [PostNode],
      description: 'The posts of the item, in the order of their positions. Empty before they are written.',
      args: { first: t.arg.int(firstPosts) },
      resolve: async (item, { first }, context) => (await postsOfItem(item, context)).slice(0, sizeOf(first)),
    }),
  }),
});

builder.objectFields(PostNode, (t) => ({
  planItem: t.field({
    type: PlanItemNode,
    nullable: true,
    description: 'What the post says and shows; null if it is written from the campaign alone.',
    resolve: ({ ownerId, planItemId }, _args, { loaders }) =>
      planItemId === null
        ? null
        : loaders().planItems.byId.load({ owner: ownerOf({ ownerId }), id: planItemId }),
  }),
  variants: t.field({
    type: [PostNode],
    description: 'The other posts of the same plan item: for other channels and in other languages.',
    args: { first: t.arg.int(firstPosts) },
    resolve: async ({ id, ownerId, batchId, planItemId }, { first }, context) => {
      if (planItemId === null) return [];
      const posts = await postsOfItem({ id: planItemId, ownerId, batchId }, context);
      return posts.filter((post) => post.id !== id).slice(0, sizeOf(first));
    },
  }),
}));

/** Loads the posts of a plan item, in one statement with those of other items. */
function postsOfItem(
  { id, ownerId, batchId }: { id: string; ownerId: string; batchId: string },
  { loaders }: Context,
) {
  return loaders().postsOfItems.load({ owner: ownerOf({ ownerId }), id, batchId });
}
