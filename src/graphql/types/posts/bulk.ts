import { ForbiddenError, InvalidInputError, UnauthenticatedError } from '../../../domain/errors/errors.ts';
import { toGlobalId } from '../../../domain/ids.ts';
import type { BulkResult, SkippedPost } from '../../../services/posts/bulk.ts';
import { builder } from '../../builder.ts';
import { requireViewer } from '../../context.ts';
import { ErrorCodeEnum } from '../errors.ts';
import { PostPartEnum } from './edits.ts';
import { PostFilterInput } from './lists.ts';

const SkippedPostRef = builder.objectRef<SkippedPost>('SkippedPost').implement({
  description: 'A post that matched the filter and stayed as it was.',
  fields: (t) => ({
    postId: t.id({ description: 'The id of the post.', resolve: ({ postId }) => toGlobalId('Post', postId) }),
    code: t.expose('code', {
      type: ErrorCodeEnum,
      description:
        'Why it was skipped, as a code for programs: `POST_STATE`, `VERSION_CONFLICT` if it changed meanwhile, or `SERVICE_UNAVAILABLE` or `INTERNAL` if the server could not go on.',
    }),
    message: t.exposeString('message', { description: 'Why it was skipped, as a message for people.' }),
  }),
});

const BulkResultRef = builder.objectRef<BulkResult>('BulkResult').implement({
  description: 'What became of the posts that match a filter.',
  fields: (t) => ({
    matchedCount: t.exposeInt('matchedCount', { description: 'The number of posts that match the filter.' }),
    doneCount: t.exposeInt('doneCount', {
      description: 'The number of posts that are now as you asked. The others are in `skipped`.',
    }),
    skipped: t.field({
      type: [SkippedPostRef],
      description: 'The posts that stayed as they were, each with the reason.',
      resolve: ({ skipped }) => skipped,
    }),
  }),
});

const filter = {
  type: PostFilterInput,
  description:
    'Which posts. Must name a batch or a campaign, and match at most 1,000 posts; if it matches more, nothing is changed.',
} as const;

const ReviewPostsInput = builder.inputType('ReviewPostsInput', {
  description: 'A review of all posts that match a filter.',
  fields: (t) => ({
    filter: t.field(filter),
    note: t.field({
      type: 'NonEmptyString',
      required: false,
      description: 'The reason for the review result, at most 1,000 characters, the same for all posts.',
    }),
  }),
});

const RegeneratePostsInput = builder.inputType('RegeneratePostsInput', {
  description: 'The posts to regenerate, the part of each, and an optional instruction.',
  fields: (t) => ({
    filter: t.field(filter),
    part: t.field({ type: PostPartEnum, description: 'The part of each post to regenerate.' }),
    instruction: t.field({
      type: 'NonEmptyString',
      required: false,
      description: 'An instruction what to change, at most 1,000 characters, the same for all posts.',
    }),
  }),
});

const errors = (name: string) => ({
  types: [InvalidInputError, UnauthenticatedError, ForbiddenError],
  union: { name, description: 'What became of the posts that match, or an error.' },
});
const reviewInput = { type: ReviewPostsInput, description: 'The posts, with an optional note.' };

builder.mutationFields((t) => ({
  approvePosts: t.field({
    type: BulkResultRef,
    access: 'REVIEWER',
    description:
      'Approves all completed posts that match a filter, in their current versions. May be repeated: a post that is approved with this note stays as it is.',
    args: { input: t.arg(reviewInput) },
    errors: errors('ApprovePostsResult'),
    resolve: (_root, { input }, context) =>
      context.bulkEdits.review(requireViewer(context), { ...input, review: 'APPROVED' }),
  }),
  rejectPosts: t.field({
    type: BulkResultRef,
    access: 'REVIEWER',
    description:
      'Rejects all completed posts that match a filter, in their current versions. May be repeated: a post that is rejected with this note stays as it is.',
    args: { input: t.arg(reviewInput) },
    errors: errors('RejectPostsResult'),
    resolve: (_root, { input }, context) =>
      context.bulkEdits.review(requireViewer(context), { ...input, review: 'REJECTED' }),
  }),
  regeneratePosts: t.field({
    type: BulkResultRef,
    access: 'EDITOR',
    description:
      'Regenerates parts of all completed posts that match a filter, as `regeneratePost` does, and returns at once. Posts of cancelled batches are skipped, and so are posts that are still being made, also by an earlier call. More than ten posts queue behind those that the workspace has ordered. Costs money.',
    args: {
      input: t.arg({ type: RegeneratePostsInput, description: 'The posts and the part to regenerate.' }),
    },
    errors: errors('RegeneratePostsResult'),
    resolve: (_root, { input }, context) => context.bulkEdits.regenerate(requireViewer(context), input),
  }),
}));
