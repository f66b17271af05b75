import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import { z } from 'zod';
import { InvalidInputError } from '../domain/errors/errors.ts';
import { fromGlobalId, toGlobalId } from '../domain/ids.ts';
import { maxPageSize } from '../store/lists/paging.ts';
import { accessPlugin, requireAccess } from './access.ts';
import type { Context } from './context.ts';
import { findNode } from './nodes.ts';
import { getDatamodel } from './generated/pothos.ts';
import type PrismaTypes from './generated/pothos.ts';

export const builder = new SchemaBuilder<{
  Context: Context;
  PrismaTypes: PrismaTypes;
  DefaultFieldNullability: false;
  DefaultInputFieldRequiredness: true;
  DefaultEdgesNullability: false;
  DefaultNodeNullability: false;
  Connection: { count: () => Promise<number> };
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    URL: { Input: string; Output: string };
    NonEmptyString: { Input: string; Output: string };
  };
}>({
  // The first is the outermost: refusals of access are answered as errors are.
  plugins: [ErrorsPlugin, accessPlugin, RelayPlugin, PrismaPlugin],
  requireAccess,
  defaultFieldNullability: false,
  defaultInputFieldRequiredness: true,
  prisma: {
    client: (context) => context.prisma,
    dmmf: getDatamodel(),
    onUnusedQuery: null,
  },
  relay: {
    encodeGlobalID: toGlobalId,
    decodeGlobalID: (globalId) => {
      const decoded = fromGlobalId(globalId);
      // Rejects the whole field with a typed error, as every malformed id does.
      if (decoded === undefined)
        throw new InvalidInputError([{ path: 'id', message: 'must be the id of a node' }]);
      return { typename: decoded.type, id: decoded.id };
    },
    nodeTypeOptions: { description: 'Anything with an id of its own.' },
    idFieldOptions: { description: 'Names it in the whole API, and never changes.' },
    nodeQueryOptions: {
      description: 'Anything of yours by its id; null where you have nothing with this id.',
      args: { id: { description: 'Its id.' } },
      resolve: (_root, { id }, context) => findNode(context, id),
    },
    nodesQueryOptions: {
      description: 'Several things of yours by their ids, in the same order.',
      args: { ids: { description: 'Their ids.' } },
      resolve: (_root, { ids }, context) => {
        if (ids.length > maxPageSize) {
          throw new InvalidInputError([{ path: 'ids', message: `must have at most ${maxPageSize} entries` }]);
        }
        return Promise.all(ids.map((id) => findNode(context, id)));
      },
    },
    pageInfoTypeOptions: { description: 'Where a page stands in its list.' },
    hasNextPageFieldOptions: { description: 'Whether the list goes on behind `endCursor`.' },
    hasPreviousPageFieldOptions: { description: 'Whether the list begins before `startCursor`.' },
    startCursorFieldOptions: { description: 'Cursor of the first edge; send it as `before`.' },
    endCursorFieldOptions: { description: 'Cursor of the last edge; send it as `after`.' },
    firstArgOptions: {
      description: 'How many from the start, 1 to 100; 20 where neither this nor `last` is set.',
    },
    lastArgOptions: { description: 'How many from the end, 1 to 100. Not beside `first`.' },
    afterArgOptions: { description: 'Only what stands behind this cursor of the same list.' },
    beforeArgOptions: { description: 'Only what stands before this cursor of the same list.' },
    pageInfoFieldOptions: { description: 'Where this page stands in the list.' },
    edgesFieldOptions: { nullable: false, description: 'The rows of this page.' },
    nodeFieldOptions: { nullable: false, description: 'The row.' },
    cursorFieldOptions: {
      description: 'Where the row stands in this list: bound to its filter, its order and your account.',
    },
  },
  errors: { directResult: true, defaultTypes: [] },
});

builder.queryType({ description: 'What can be read.' });
builder.mutationType({
  description:
    'What can be changed. Each answers with its result or with one of the failures that can happen.',
});
builder.subscriptionType({ description: 'What can be followed live.' });

/** Longer texts are no moments that anybody writes. */
const maxDateCharacters = 64;

builder.scalarType('DateTime', {
  description: 'A moment in time, in ISO 8601 with milliseconds and UTC: `2026-11-22T09:30:00.000Z`.',
  serialize: (date) => date.toISOString(),
  parseValue: (value) => {
    const text = String(value);
    const date = new Date(text.length > maxDateCharacters ? NaN : text);
    // PostgreSQL and JavaScript agree on these years.
    const year = date.getUTCFullYear();
    if (!(year >= 1 && year <= 9999)) throw new TypeError('must be a date and time in ISO 8601');
    return date;
  },
});

const urlSchema = z.url({ protocol: /^https?$/ });

builder.scalarType('URL', {
  description: 'An absolute web address: `https://example.com/picture.png`.',
  serialize: (value) => value,
  parseValue: (value) => parseScalar(urlSchema, value, 'must be an absolute web address'),
});

const nonEmptySchema = z.string().trim().min(1);

builder.scalarType('NonEmptyString', {
  description: 'Text with at least one character that is no space; spaces around it are cut off.',
  serialize: (value) => value,
  parseValue: (value) => parseScalar(nonEmptySchema, value, 'must not be empty'),
});

function parseScalar(schema: z.ZodType<string>, value: unknown, rule: string): string {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new TypeError(rule);
  return parsed.data;
}
