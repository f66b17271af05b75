import {
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  UnauthenticatedError,
  VersionConflictError,
} from '../../../domain/errors/errors.ts';
import { toGlobalId } from '../../../domain/ids.ts';
import { builder } from '../../builder.ts';
import { requireViewer } from '../../context.ts';
import { parseId } from '../../ids.ts';
import { BrandNode } from './brand.ts';
import { BrandContentInput } from './inputs.ts';

const CreateBrandInput = builder.inputType('CreateBrandInput', {
  description: 'The fields of a new brand.',
  fields: (t) => ({
    name: t.string({ description: 'The name of the brand, at most 120 characters.' }),
    content: t.field({ type: BrandContentInput, description: 'What its first version says.' }),
  }),
});

const brandId = { description: 'The id of the brand.' };
const expectedVersion = {
  description: 'The version of the brand that you read. If it has another one now, nothing is changed.',
};

const UpdateBrandInput = builder.inputType('UpdateBrandInput', {
  description: 'The changes to a brand. Fields that are left out stay as they are.',
  fields: (t) => ({
    brandId: t.id(brandId),
    expectedVersion: t.int(expectedVersion),
    name: t.string({ required: false, description: 'The name of the brand, at most 120 characters.' }),
    content: t.field({
      type: BrandContentInput,
      required: false,
      description: 'All that the new version says: it takes the place of the whole content of before.',
    }),
  }),
});

const RestoreBrandVersionInput = builder.inputType('RestoreBrandVersionInput', {
  description: 'The brand, and the version to restore.',
  fields: (t) => ({
    brandId: t.id(brandId),
    expectedVersion: t.int(expectedVersion),
    number: t.int({ description: 'The number of the version whose content the new version has.' }),
  }),
});

const DeleteBrandInput = builder.inputType('DeleteBrandInput', {
  description: 'The brand to delete.',
  fields: (t) => ({ brandId: t.id(brandId) }),
});

const DeletedBrandRef = builder.objectRef<{ id: string }>('DeletedBrand').implement({
  description: 'The result of deleting a brand.',
  fields: (t) => ({
    brandId: t.id({
      description: 'The id of the deleted brand.',
      resolve: ({ id }) => toGlobalId('Brand', id),
    }),
  }),
});

const always = [InvalidInputError, UnauthenticatedError, ForbiddenError] as const;

builder.mutationFields((t) => ({
  createBrand: t.field({
    type: BrandNode,
    access: 'EDITOR',
    description: 'Creates a brand in the current workspace. Give it to campaigns by their `brandId`.',
    args: { input: t.arg({ type: CreateBrandInput, description: 'The fields of the new brand.' }) },
    errors: {
      types: [...always],
      union: { name: 'CreateBrandResult', description: 'The new brand, or an error.' },
    },
    resolve: (_root, { input }, context) => context.brands.create(requireViewer(context), input),
  }),
  updateBrand: t.field({
    type: BrandNode,
    access: 'EDITOR',
    description:
      'Renames a brand, or gives it a new version. Posts that begin later use it; existing posts stay as they are.',
    args: { input: t.arg({ type: UpdateBrandInput, description: 'The brand and the changes.' }) },
    errors: {
      types: [...always, NotFoundError, VersionConflictError],
      union: { name: 'UpdateBrandResult', description: 'The changed brand, or an error.' },
    },
    resolve: (_root, { input }, context) => context.brands.update(requireViewer(context), input),
  }),
  restoreBrandVersion: t.field({
    type: BrandNode,
    access: 'EDITOR',
    description: 'Gives a brand a new version with the content of an earlier one.',
    args: {
      input: t.arg({ type: RestoreBrandVersionInput, description: 'The brand, and the version to restore.' }),
    },
    errors: {
      types: [...always, NotFoundError, VersionConflictError],
      union: { name: 'RestoreBrandVersionResult', description: 'The changed brand, or an error.' },
    },
    resolve: (_root, { input }, context) => context.brands.restore(requireViewer(context), input),
  }),
  deleteBrand: t.field({
    type: DeletedBrandRef,
    access: 'EDITOR',
    description:
      'Deletes a brand with its versions. Cannot be undone. Its campaigns go on with their text `brand` alone.',
    args: { input: t.arg({ type: DeleteBrandInput, description: 'The brand that is meant.' }) },
    errors: {
      types: [...always, NotFoundError],
      union: { name: 'DeleteBrandResult', description: 'The id of the deleted brand, or an error.' },
    },
    resolve: async (_root, { input }, context) => {
      const id = parseId('Brand', input.brandId, 'input.brandId');
      await context.brands.delete(requireViewer(context), id);
      return { id };
    },
  }),
}));
