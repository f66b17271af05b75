import type { BrandVersion } from '../../../services/brands/brands.ts';
import { maxPageSize } from '../../../store/lists/paging.ts';
import { ownedBy, ownerOf } from '../../../store/ownership.ts';
import type { Brand } from '../../../store/generated/prisma/client.ts';
import { builder } from '../../builder.ts';
import { present } from '../../connections.ts';
import { requireViewer, type Context } from '../../context.ts';
import { BrandContentRef } from './content.ts';

const BrandVersionRef = builder.objectRef<BrandVersion>('BrandVersion').implement({
  description: 'A brand as it was at one time. Versions never change.',
  fields: (t) => ({
    number: t.exposeInt('number', {
      description: 'The number of the version. The versions of a brand are numbered from 1.',
    }),
    content: t.expose('content', { type: BrandContentRef, description: 'What this version says.' }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'The time when the version was created.',
    }),
  }),
});

export const BrandNode = builder.prismaNode('Brand', {
  id: { field: 'id' },
  nullable: true,
  description: 'A brand: the voice, words, facts and looks that the posts of its campaigns keep to.',
  findUnique: (id, context) => ({ id, ...ownedBy(requireViewer(context)) }),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name of the brand.' }),
    version: t.exposeInt('version', {
      description: 'The number of the newest version. Send it as `expectedVersion`.',
    }),
    content: t.field({
      type: BrandContentRef,
      description: 'What the newest version says.',
      resolve: async ({ id: brandId, version: number }, _args, { loaders }) =>
        present(await loaders().brandContents.load({ brandId, number }), 'brand'),
    }),
    versions: t.field({
      type: [BrandVersionRef],
      description: 'The versions of the brand, newest first.',
      args: {
        first: t.arg.int({
          required: false,
          defaultValue: 20,
          description: 'The number of versions, at most 100.',
        }),
      },
      resolve: ({ id: brandId }, { first }, { loaders }) =>
        loaders().brandVersions.load({ brandId, take: Math.min(Math.max(first ?? 20, 1), maxPageSize) }),
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'The time when the brand was created.',
    }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'The time when the brand was last changed.',
    }),
  }),
});

/** Loads the brand of a campaign or a post, once for all that ask in one request. @returns null without one. */
export async function brandOf(
  { ownerId, brandId }: { ownerId: string; brandId: string | null },
  { loaders }: Context,
): Promise<Brand | null> {
  if (brandId === null) return null;
  return loaders().brands.byId.load({ owner: ownerOf({ ownerId }), id: brandId });
}
