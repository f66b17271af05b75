import type { ShownRevision } from '../../../services/posts/posts.ts';
import { imageOf, ImageRef } from './image.ts';
import { builder } from '../../builder.ts';

export const RevisionAuthorEnum = builder.enumType('RevisionAuthor', {
  description: 'The kind of author of what a post or its plan says.',
  values: {
    PERSON: { description: 'A member of the workspace.' },
    MODEL: { description: 'A model of the AI provider.' },
  },
});

export const PostRevisionRef = builder.objectRef<ShownRevision>('PostRevision').implement({
  description: 'One stored value of a field of a post.',
  fields: (t) => ({
    number: t.exposeInt('number', {
      description:
        'The number of the revision. The revisions of a post are numbered from 1, over all its fields.',
    }),
    field: t.expose('field', {
      type: builder.enumType('PostField', {
        description: 'A field of a post that has revisions.',
        values: {
          CAPTION: { description: 'The caption of the post.' },
          HASHTAGS: { description: 'The hashtags of the post.' },
          IMAGE: { description: 'The image of the post.' },
          ALT_TEXT: { description: 'The text for people who cannot see the image.' },
        },
      }),
      description: 'The field that the revision is of.',
    }),
    author: t.expose('author', {
      type: RevisionAuthorEnum,
      description: 'The kind of author of the revision.',
    }),
    isCurrent: t.boolean({
      description: 'Whether the post currently shows this revision.',
      resolve: ({ isCurrent }) => isCurrent === true,
    }),
    caption: t.string({
      nullable: true,
      description: 'The caption, if this is a revision of the caption.',
      resolve: ({ field, text }) => (field === 'CAPTION' ? text : null),
    }),
    hashtags: t.exposeStringList('hashtags', {
      description: 'The hashtags, if this is a revision of the hashtags; otherwise empty.',
    }),
    imageUrl: t.field({
      type: 'URL',
      nullable: true,
      description: 'The address of the PNG image, if this is a revision of the image.',
      resolve: ({ field, text }, _args, { assets, origin }) =>
        field === 'IMAGE' && text !== null ? assets.urlOf(text, origin) : null,
    }),
    image: t.field({
      type: ImageRef,
      nullable: true,
      description: 'The image in sizes and formats to show, if this is a revision of the image.',
      resolve: (revision) => imageOf(revision.field === 'IMAGE' ? revision.text : null, revision),
    }),
    altText: t.string({
      nullable: true,
      description: 'The alt text, if this is a revision of the alt text.',
      resolve: ({ field, text }) => (field === 'ALT_TEXT' ? text : null),
    }),
    model: t.exposeString('model', {
      nullable: true,
      description: 'The model that generated the revision; null if a person wrote it.',
    }),
    promptHash: t.exposeString('promptHash', {
      nullable: true,
      description: 'The SHA-256 hash of the prompt that the revision was generated from.',
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'The time when the revision was created.',
    }),
  }),
});
