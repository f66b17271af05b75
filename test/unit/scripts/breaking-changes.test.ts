import { describe, expect, it } from 'vitest';
import { breakingChanges } from '../../../scripts/breaking-changes.ts';

/** A schema with these fields of a post, beside what they may name. */
const schemaOf = (fields: string) => `
  type Query { post: Post }
  type Post { id: ID! ${fields} }
  enum Code { A B }
  scalar Money
  scalar Date
`;
const changed = (before: string, after: string) => breakingChanges(schemaOf(before), schemaOf(after));

describe('a client goes on working where', () => {
  it.each([
    ['a field is added', '', 'caption: String!'],
    ['a field always has a value', 'caption: String', 'caption: String!'],
    ['an argument is added that may be left out', 'text: String', 'text(length: Int): String'],
    ['an argument may be left out', 'text(length: Int!): String', 'text(length: Int): String'],
    ['a deprecated field goes', 'old: String @deprecated(reason: "Ask for the caption.")', ''],
    ['texts become an enum', 'code: String!', 'code: Code!'],
    ['texts become a scalar of their own', 'day: String', 'day: Date'],
    ['numbers become a scalar of their own', 'cost: Float!', 'cost: Money!'],
    ['a list of texts becomes one of an enum', 'codes: [String!]!', 'codes: [Code!]!'],
  ])('%s', async (_what, before, after) => {
    expect(await changed(before, after)).toEqual([]);
  });
});

describe('a client breaks where', () => {
  it.each([
    ['a field goes that was not deprecated', 'caption: String', '', "'caption' was removed"],
    ['a field has no value any more', 'caption: String!', 'caption: String', "'Post.caption'"],
    [
      'an argument is needed that there was not',
      'text: String',
      'text(length: Int!): String',
      "'length: Int!'",
    ],
    ['an argument may not be left out', 'text(length: Int): String', 'text(length: Int!): String', "'Int!'"],
    ['an argument goes', 'text(length: Int): String', 'text: String', "'length: Int'"],
    ['an argument of texts takes an enum', 'by(code: String): ID', 'by(code: Code): ID', "'Code'"],
    ['an enum becomes texts', 'code: Code!', 'code: String!', "'Post.code'"],
    ['numbers become texts', 'cost: Float', 'cost: String', "'Post.cost'"],
    ['texts become numbers', 'length: String', 'length: Int', "'Post.length'"],
    ['numbers become an enum', 'code: Float', 'code: Code', "'Post.code'"],
    ['a list becomes one text of an enum', 'codes: [String]', 'codes: Code', "'Post.codes'"],
    ['an enum may be missing where a text was not', 'code: String!', 'code: Code', "'Post.code'"],
    ['texts within a list may be missing', 'codes: [String!]', 'codes: [Code]', "'Post.codes'"],
  ])('%s', async (_what, before, after, named) => {
    expect(await changed(before, after)).toEqual([expect.stringContaining(named)]);
  });

  it('an input has a field that must be set', async () => {
    const input = (fields: string) =>
      `type Query { posts(filter: Filter): ID } input Filter { status: String ${fields} }`;
    expect(await breakingChanges(input(''), input('first: Int'))).toEqual([]);
    expect(await breakingChanges(input(''), input('first: Int!'))).toEqual([
      expect.stringContaining("'first' of type 'Int!'"),
    ]);
  });
});
