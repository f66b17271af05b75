import { isUnionType, parse, printSchema, validate, visit } from 'graphql';
import { describe, expect, it } from 'vitest';
import * as errors from '../../../src/domain/errors/errors.ts';
import { stepsOf } from '../../../src/http/graphql/graphiql/steps.ts';
import { schema } from '../../../src/graphql/schema.ts';

const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

/** Names of the errors that a mutation may answer with. */
function errorsOf(name: string): string[] {
  const type = mutations.find((mutation) => mutation.name === name)?.type;
  const union = type !== undefined && 'ofType' in type ? type.ofType : type;
  return isUnionType(union)
    ? union
        .getTypes()
        .map((member) => member.name)
        .filter((member) => member.endsWith('Error'))
        .toSorted()
    : [];
}

describe('the schema', () => {
  it('answers every mutation with a union that has an error', () => {
    expect(mutations.filter(({ name }) => errorsOf(name).length === 0)).toEqual([]);
  });

  it('names just the errors that can happen', () => {
    const always = ['ForbiddenError', 'InvalidInputError', 'NotFoundError', 'UnauthenticatedError'];
    // Its brand may not be there.
    expect(errorsOf('createCampaign')).toEqual(always);
    for (const name of ['approvePosts', 'rejectPosts', 'regeneratePosts'])
      expect(errorsOf(name)).toEqual(['ForbiddenError', 'InvalidInputError', 'UnauthenticatedError']);
    expect(errorsOf('archiveCampaign')).toEqual(always);
    expect(errorsOf('setBatchPriority')).toEqual(always);
    expect(errorsOf('deleteCampaign')).toEqual(['CampaignStateError', ...always]);
    expect(errorsOf('deleteBatch')).toEqual(always);
    for (const name of ['regeneratePost', 'deletePost']) {
      expect(errorsOf(name)).toEqual([
        'ForbiddenError',
        'InvalidInputError',
        'NotFoundError',
        'PostStateError',
        'UnauthenticatedError',
      ]);
    }
    expect(errorsOf('editPost')).toEqual([
      'ForbiddenError',
      'InvalidInputError',
      'NotFoundError',
      'PostStateError',
      'UnauthenticatedError',
      'VersionConflictError',
    ]);
  });

  it('has a type for every error that is data', () => {
    const absent = Object.keys(errors).filter(
      (name) => name !== 'PressrunError' && schema.getType(name) === undefined,
    );
    expect(absent).toEqual([]);
  });

  it('describes everything in at least three words', () => {
    const tooShort: string[] = [];
    visit(parse(printSchema(schema)), {
      StringValue: ({ value, block }) => {
        if (block === true && value.split(/\s+/).length < 3) tooShort.push(value);
      },
    });
    expect(tooShort).toEqual([]);
  });

  it('takes every operation that GraphiQL opens with', () => {
    for (const { query } of stepsOf(true)) expect(validate(schema, parse(query))).toEqual([]);
  });
});
