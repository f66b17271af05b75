import {
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  PostStateError,
  UnauthenticatedError,
  VersionConflictError,
} from '../../../domain/errors/errors.ts';
import { toGlobalId } from '../../../domain/ids.ts';
import { builder } from '../../builder.ts';
import { requireViewer } from '../../context.ts';
import { parseId } from '../../ids.ts';
import { PostNode } from './post.ts';

const always = [
  InvalidInputError,
  NotFoundError,
  PostStateError,
  UnauthenticatedError,
  ForbiddenError,
] as const;
const withVersion = [...always, VersionConflictError] as const;

const postId = { description: 'The id of the post.' };
const expectedVersion = {
  description:
    'The `version` of the post that you read. If the post has another version now, nothing is changed.',
};

const EditPostInput = builder.inputType('EditPostInput', {
  description:
    'A new caption, new hashtags, a new alt text, or several of them. Fields that are left out stay as they are.',
  fields: (t) => ({
    postId: t.id(postId),
    expectedVersion: t.int(expectedVersion),
    caption: t.string({
      required: false,
      description: 'The new caption, within the limits of the channel, as the channel counts characters.',
    }),
    hashtags: t.stringList({
      required: false,
      description: 'All hashtags of the post, with or without `#`, within the limits of the channel.',
    }),
    altText: t.string({
      required: false,
      description: 'The new text for people who cannot see the image, at most 1,000 characters.',
    }),
  }),
});

const RestoreRevisionInput = builder.inputType('RestoreRevisionInput', {
  description: 'The revision that a post should show.',
  fields: (t) => ({
    postId: t.id(postId),
    expectedVersion: t.int(expectedVersion),
    number: t.int({ description: 'The number of the revision.' }),
  }),
});

const ChooseImageInput = builder.inputType('ChooseImageInput', {
  description: 'The image that a post should show.',
  fields: (t) => ({
    postId: t.id(postId),
    expectedVersion: t.int(expectedVersion),
    number: t.int({ description: 'The number of a revision of the image, as in `Post.imageCandidates`.' }),
  }),
});

const ReviewPostInput = builder.inputType('ReviewPostInput', {
  description: 'A review of a post.',
  fields: (t) => ({
    postId: t.id(postId),
    expectedVersion: t.int(expectedVersion),
    note: t.field({
      type: 'NonEmptyString',
      required: false,
      description: 'The reason for the review result, at most 1,000 characters.',
    }),
  }),
});

export const PostPartEnum = builder.enumType('PostPart', {
  description: 'The parts of a post that can be regenerated.',
  values: {
    CAPTION: { description: 'The caption and the hashtags.' },
    IMAGE: { description: 'Only the image.' },
    BOTH: { description: 'The caption, the hashtags and the image.' },
  },
});

const RegeneratePostInput = builder.inputType('RegeneratePostInput', {
  description: 'The part of a post to regenerate, with an optional instruction.',
  fields: (t) => ({
    postId: t.id(postId),
    part: t.field({ type: PostPartEnum, description: 'The part to regenerate.' }),
    instruction: t.field({
      type: 'NonEmptyString',
      required: false,
      description:
        'An instruction what to change, at most 1,000 characters. The model sees it beside the current caption and what the checks found in it.',
    }),
  }),
});

const DeletePostInput = builder.inputType('DeletePostInput', {
  description: 'The post to delete.',
  fields: (t) => ({ postId: t.id(postId) }),
});

const DeletedPostRef = builder.objectRef<{ id: string }>('DeletedPost').implement({
  description: 'The result of deleting a post.',
  fields: (t) => ({
    postId: t.id({
      description: 'The id of the deleted post.',
      resolve: ({ id }) => toGlobalId('Post', id),
    }),
  }),
});

const result = (name: string) => ({ name, description: 'The changed post, or an error.' });

builder.mutationFields((t) => ({
  editPost: t.field({
    type: PostNode,
    access: 'EDITOR',
    description:
      'Changes the caption, the hashtags or the alt text of a post. Models never overwrite what a person wrote. An approved post must be approved again.',
    args: { input: t.arg({ type: EditPostInput, description: 'The post and the changes.' }) },
    errors: { types: [...withVersion], union: result('EditPostResult') },
    resolve: (_root, { input }, context) => context.postEdits.edit(requireViewer(context), input),
  }),
  restoreRevision: t.field({
    type: PostNode,
    access: 'EDITOR',
    description: 'Makes a post show another of its revisions. An approved post must be approved again.',
    args: { input: t.arg({ type: RestoreRevisionInput, description: 'The post and the revision to show.' }) },
    errors: { types: [...withVersion], union: result('RestoreRevisionResult') },
    resolve: (_root, { input }, context) => context.postEdits.restore(requireViewer(context), input),
  }),
  chooseImage: t.field({
    type: PostNode,
    access: 'EDITOR',
    description:
      'Makes a post show another of its images. Models never replace a chosen image. An approved post must be approved again.',
    args: { input: t.arg({ type: ChooseImageInput, description: 'The post and the image to show.' }) },
    errors: { types: [...withVersion], union: result('ChooseImageResult') },
    resolve: (_root, { input }, context) => context.postEdits.chooseImage(requireViewer(context), input),
  }),
  approvePost: t.field({
    type: PostNode,
    access: 'REVIEWER',
    description: 'Approves a post. From then on, only people can change what it shows.',
    args: {
      input: t.arg({ type: ReviewPostInput, description: 'The post to approve, with an optional note.' }),
    },
    errors: { types: [...withVersion], union: result('ApprovePostResult') },
    resolve: (_root, { input }, context) =>
      context.postEdits.review(requireViewer(context), { ...input, review: 'APPROVED' }),
  }),
  rejectPost: t.field({
    type: PostNode,
    access: 'REVIEWER',
    description: 'Rejects a post in its current version.',
    args: {
      input: t.arg({ type: ReviewPostInput, description: 'The post to reject, with an optional note.' }),
    },
    errors: { types: [...withVersion], union: result('RejectPostResult') },
    resolve: (_root, { input }, context) =>
      context.postEdits.review(requireViewer(context), { ...input, review: 'REJECTED' }),
  }),
  regeneratePost: t.field({
    type: PostNode,
    access: 'EDITOR',
    description:
      'Regenerates parts of a completed post and returns at once. The batch runs again until it is done: follow it with `batchEvents`. The result becomes a revision. The post shows it unless a person wrote, chose or approved the current content. Costs money.',
    args: {
      input: t.arg({ type: RegeneratePostInput, description: 'The post and the part to regenerate.' }),
    },
    errors: { types: [...always], union: result('RegeneratePostResult') },
    resolve: (_root, { input }, context) => context.postEdits.regenerate(requireViewer(context), input),
  }),
  deletePost: t.field({
    type: DeletedPostRef,
    access: 'OWNER',
    description:
      'Deletes a post with its revisions. Cannot be undone. The other posts keep their positions. A post that is not final is refused: wait for it, or cancel its batch. Its cost stays in `User.usage`, in its batch and in the budgets.',
    args: { input: t.arg({ type: DeletePostInput, description: 'The post to delete.' }) },
    errors: {
      types: [...always],
      union: { name: 'DeletePostResult', description: 'The id of the deleted post, or an error.' },
    },
    resolve: async (_root, { input }, context) => {
      const id = parseId('Post', input.postId, 'input.postId');
      await context.deletions.post(requireViewer(context), id);
      return { id };
    },
  }),
}));
