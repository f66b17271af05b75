import {
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  PostStateError,
  UnauthenticatedError,
  VersionConflictError,
} from '../../../domain/errors/errors.ts';
import { builder } from '../../builder.ts';
import { requireViewer } from '../../context.ts';
import { PostNode } from './post.ts';

const always = [
  InvalidInputError,
  NotFoundError,
  PostStateError,
  UnauthenticatedError,
  ForbiddenError,
] as const;
const withVersion = [...always, VersionConflictError] as const;

const postId = { description: 'The post’s id.' };
const expectedVersion = {
  description: 'The `version` that you saw. Where the post has another one by now, nothing is written.',
};

const EditPostInput = builder.inputType('EditPostInput', {
  description: 'What is to be written anew; what is left out stays as it is.',
  fields: (t) => ({
    postId: t.id(postId),
    expectedVersion: t.int(expectedVersion),
    caption: t.string({ required: false, description: 'Within the limits of the post’s channel.' }),
    hashtags: t.stringList({
      required: false,
      description: 'All of them, with or without `#`, within the limits of the post’s channel.',
    }),
  }),
});

const RestoreRevisionInput = builder.inputType('RestoreRevisionInput', {
  description: 'Which revision a post is to show.',
  fields: (t) => ({
    postId: t.id(postId),
    expectedVersion: t.int(expectedVersion),
    number: t.int({ description: 'The revision’s number.' }),
  }),
});

const ReviewPostInput = builder.inputType('ReviewPostInput', {
  description: 'What a person thinks of a post.',
  fields: (t) => ({
    postId: t.id(postId),
    expectedVersion: t.int(expectedVersion),
    note: t.field({
      type: 'NonEmptyString',
      required: false,
      description: 'Why. At most 1,000 characters.',
    }),
  }),
});

const RegeneratePostInput = builder.inputType('RegeneratePostInput', {
  description: 'What of a post is to be made again, and how.',
  fields: (t) => ({
    postId: t.id(postId),
    part: t.field({
      type: builder.enumType('PostPart', {
        description: 'Parts of a post that can be made again.',
        values: {
          CAPTION: { description: 'Caption and hashtags.' },
          IMAGE: { description: 'The picture.' },
          BOTH: { description: 'All of it.' },
        },
      }),
      description: 'Which part.',
    }),
    instruction: t.field({
      type: 'NonEmptyString',
      required: false,
      description: 'What should be different. At most 1,000 characters.',
    }),
  }),
});

const result = (name: string) => ({ name, description: 'The post as it is now, or why it was not changed.' });

builder.mutationFields((t) => ({
  editPost: t.field({
    type: PostNode,
    access: 'EDITOR',
    description:
      'Writes caption or hashtags anew. No machine overwrites what a person wrote. An approved post is to be approved again.',
    args: { input: t.arg({ type: EditPostInput, description: 'The edit.' }) },
    errors: { types: [...withVersion], union: result('EditPostResult') },
    resolve: (_root, { input }, context) => context.postEdits.edit(requireViewer(context), input),
  }),
  restoreRevision: t.field({
    type: PostNode,
    access: 'EDITOR',
    description:
      'Shows another revision: an earlier one, or one that a machine made since. An approved post is to be approved again.',
    args: { input: t.arg({ type: RestoreRevisionInput, description: 'The choice.' }) },
    errors: { types: [...withVersion], union: result('RestoreRevisionResult') },
    resolve: (_root, { input }, context) => context.postEdits.restore(requireViewer(context), input),
  }),
  approvePost: t.field({
    type: PostNode,
    access: 'REVIEWER',
    description: 'Pins what the post shows: nothing but a person changes it from now on.',
    args: { input: t.arg({ type: ReviewPostInput, description: 'The approval.' }) },
    errors: { types: [...withVersion], union: result('ApprovePostResult') },
    resolve: (_root, { input }, context) =>
      context.postEdits.review(requireViewer(context), { ...input, review: 'APPROVED' }),
  }),
  rejectPost: t.field({
    type: PostNode,
    access: 'REVIEWER',
    description: 'Says that the post is not good as it is.',
    args: { input: t.arg({ type: ReviewPostInput, description: 'The rejection.' }) },
    errors: { types: [...withVersion], union: result('RejectPostResult') },
    resolve: (_root, { input }, context) =>
      context.postEdits.review(requireViewer(context), { ...input, review: 'REJECTED' }),
  }),
  regeneratePost: t.field({
    type: PostNode,
    access: 'EDITOR',
    description:
      'Has parts of a completed post made again. Returns at once; its batch runs until it is done, so follow it with `batchEvents`. What is made becomes a revision, and is shown where no person wrote, chose or approved what is there. Costs money.',
    args: { input: t.arg({ type: RegeneratePostInput, description: 'The order.' }) },
    errors: { types: [...always], union: result('RegeneratePostResult') },
    resolve: (_root, { input }, context) => context.postEdits.regenerate(requireViewer(context), input),
  }),
}));
