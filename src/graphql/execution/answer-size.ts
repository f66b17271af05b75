import { Buffer } from 'node:buffer';
import { GraphQLError } from 'graphql';
import { maxItemCharacters } from '../../domain/plans/item.ts';
import { maxCaptionCharacters } from '../../domain/posts/channels.ts';

/** The largest answer to one operation, in bytes of JSON. */
const maxAnswerBytes = 8 * 1024 * 1024;

/** The maximum characters of fields that can be longer than `usualCharacters`, by name. */
const longFields: ReadonlyMap<string, number> = new Map([
  ...Object.entries(maxItemCharacters),
  // All that a brand says has 20,000 characters at most; each part has its own limit.
  ['examples', 20_000],
  ['forbidden', 16_000],
  ['facts', 15_000],
  ['do', 6_000],
  ['dont', 6_000],
  ['style', 1_660],
  ['required', 830],
  ['text', 600],
  ['description', 4_000],
  ['caption', maxCaptionCharacters],
  // Ten of 100 characters, each with `#`, quotes and comma.
  ['hashtags', 1_040],
  ['altText', 1_000],
  ['message', 1_000],
  ['reviewNote', 1_000],
  ['accessToken', 500],
  ['cursor', 500],
  ['endCursor', 500],
  ['errorMessage', 500],
  ['url', 500],
  ['excerpt', 240],
  ['utm', 200],
  ['imageUrl', 500],
  ['originalUrl', 500],
  ['startCursor', 500],
  ['targetAudience', 500],
  ['email', 254],
]);
const usualCharacters = 120;

/** @returns the maximum characters of a leaf field's value in an answer. */
export function charactersOf(fieldName: string): number {
  return longFields.get(fieldName) ?? usualCharacters;
}

/** JSON uses six bytes for an escaped character. */
const maxBytesPerCharacter = 6;

/** An answer of at most this many characters never exceeds `maxAnswerBytes`. */
export const maxSureCharacters = Math.floor(maxAnswerBytes / maxBytesPerCharacter);

/** @returns whether an answer of at most this many characters can exceed `maxAnswerBytes` and must be measured. */
export function mayBeTooLarge(characters: number): boolean {
  return characters > maxSureCharacters;
}

/** @returns whether a value takes more than `maxAnswerBytes` as JSON. Stops at that size, however large the value is. */
export function isTooLarge(value: unknown): boolean {
  let bytes = 0;
  function add(part: unknown): void {
    if (bytes > maxAnswerBytes) return;
    if (typeof part !== 'object' || part === null) bytes += sizeOf(part);
    else if (Array.isArray(part)) part.forEach(add);
    else {
      for (const [name, inner] of Object.entries(part)) {
        bytes += name.length + 4;
        add(inner);
      }
    }
  }
  add(value);
  return bytes > maxAnswerBytes;
}

const sizeOf = (leaf: unknown) => Buffer.byteLength(JSON.stringify(leaf) ?? '');

/** @returns the error for an answer of more than 8 MiB. */
export function answerTooLarge(): GraphQLError {
  return new GraphQLError('The answer has more than 8 MiB. Ask for fewer rows or fields at once.', {
    extensions: { code: 'ANSWER_TOO_LARGE', http: { status: 400 } },
  });
}
