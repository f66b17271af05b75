import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print, type DocumentNode } from 'graphql';
import { z } from 'zod';
import { graphqlErrorsSchema, RequestError } from './errors.ts';

const answerSchema = z.object({ data: z.unknown().optional(), errors: graphqlErrorsSchema.optional() });

/**
 * Takes the data out of an answer. Its shape is what the server's schema promises for the document: the types
 * are generated from both, so it is not checked again.
 *
 * @param _document what was asked; gives the type.
 * @param body an answer of GraphQL over any transport, parsed from JSON.
 * @throws RequestError where the answer has errors, or is none.
 */
export function dataOf<Data>(_document: TypedDocumentNode<Data, never>, body: unknown): Data {
  const answer = answerSchema.safeParse(body);
  if (!answer.success) throw new RequestError([{ message: 'The server did not answer in GraphQL.' }]);
  if (answer.data.errors !== undefined) throw RequestError.fromGraphql(answer.data.errors);
  return z.custom<Data>((data) => typeof data === 'object' && data !== null).parse(answer.data.data);
}

const printed = new WeakMap<DocumentNode, string>();

/** The text of a document, printed once. */
export function textOf(document: DocumentNode): string {
  const known = printed.get(document);
  if (known !== undefined) return known;
  const text = print(document);
  printed.set(document, text);
  return text;
}

/** A mutation's result: its success or one of its failures, told apart by `__typename`. */
type Result = {
  __typename: string;
  code?: string;
  message?: string;
  fields?: { path: string; message: string }[];
};

/**
 * Narrows a mutation's result to its success, for callers who cannot mend the failures.
 *
 * @param success the name of the type that the mutation returns when all is well.
 * @throws RequestError for every other type.
 */
export function expectResult<R extends Result, Name extends R['__typename']>(
  result: R,
  success: Name,
): Extract<R, { __typename: Name }> {
  if (isA(result, success)) return result;
  const { code, message = `The server answered ${result.__typename}.`, fields } = result;
  throw new RequestError([{ message, code, fields }]);
}

function isA<R extends Result, Name extends string>(
  result: R,
  name: Name,
): result is Extract<R, { __typename: Name }> {
  return result.__typename === name;
}
