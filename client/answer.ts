import * as z from 'zod/mini';
import type { TypedDocument } from './documents.ts';
import { graphqlErrorsSchema, RequestError } from './errors.ts';

const answerSchema = z.object({ data: z.optional(z.unknown()), errors: z.optional(graphqlErrorsSchema) });

/**
 * Takes the data out of an answer. Does not check its shape: the types are generated from the server's schema and the
 * document.
 *
 * @param _document the document that was sent; gives the type.
 * @param body a GraphQL answer over any transport, parsed from JSON.
 * @throws RequestError if the answer has errors or is not GraphQL.
 */
export function dataOf<Data>(_document: TypedDocument<Data, never>, body: unknown): Data {
  const answer = answerSchema.safeParse(body);
  if (!answer.success) throw new RequestError([{ message: 'The server did not answer in GraphQL.' }]);
  if (answer.data.errors !== undefined) throw RequestError.fromGraphql(answer.data.errors);
  return z.custom<Data>((data) => typeof data === 'object' && data !== null).parse(answer.data.data);
}

/** A mutation's result: its success or one of its failures; `__typename` says which. */
type Result = {
  __typename: string;
  code?: string;
  message?: string;
  fields?: { path: string; message: string }[];
  retryAfter?: number;
};

/**
 * Narrows a mutation's result to its success, for callers who cannot handle the failures.
 *
 * @param success `__typename` of the success.
 * @throws RequestError for every other type.
 */
export function expectResult<R extends Result, Name extends R['__typename']>(
  result: R,
  success: Name,
): Extract<R, { __typename: Name }> {
  if (isA(result, success)) return result;
  const { code, message = `The server answered ${result.__typename}.`, fields, retryAfter } = result;
  throw new RequestError([{ message, code, fields, retryAfter }]);
}

function isA<R extends Result, Name extends string>(
  result: R,
  name: Name,
): result is Extract<R, { __typename: Name }> {
  return result.__typename === name;
}
