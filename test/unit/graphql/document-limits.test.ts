import { parse } from 'graphql';
import { expect, it } from 'vitest';
import { checkDocumentLimits } from '../../../src/graphql/execution/document-limits.ts';

const refusalOf = (query: string) => checkDocumentLimits(parse(query))?.extensions;

it('posts within posts of a plan are refused before they are read', () => {
  const query = `{ batch(id: "b") { plan(first: 20) { edges { node {
    posts { variants { variants { id } } } } } } } }`;
  expect(refusalOf(query)).toMatchObject({ code: 'DOCUMENT_TOO_LARGE' });
});

it('a page of a plan may be read with its posts and their variants', () => {
  const query = `{ batch(id: "b") { plan(first: 20) { edges { node {
    id angle hook posts { id caption variants { id } } } } } } }`;
  expect(refusalOf(query)).toBeUndefined();
});

it('the parts of a plan count with all the characters that they may have', () => {
  const scenes = (aliases: number) =>
    `mutation { ${Array.from({ length: aliases }, (_, n) => `s${n}: approvePlan { plan(first: 100) { scene } }`).join(' ')} }`;
  expect(refusalOf(scenes(20))).toBeUndefined();
  expect(refusalOf(scenes(45))).toMatchObject({ code: 'DOCUMENT_TOO_LARGE' });
});

it('a change of many posts tells everything about those that it skipped', () => {
  const query = `mutation { approvePosts(input: {}) { __typename ... on BulkResult {
    __typename matchedCount doneCount skipped { __typename postId code message } } } }`;
  expect(refusalOf(query)).toBeUndefined();
});
