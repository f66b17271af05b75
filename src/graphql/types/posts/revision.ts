import type { ShownRevision } from '../../../services/posts/posts.ts';
import { builder } from '../../builder.ts';

export const PostRevisionRef = builder.objectRef<ShownRevision>('PostRevision').implement({
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
